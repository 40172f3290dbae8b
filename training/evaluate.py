"""The written evaluation, through the real engine at temperature 0: `python -m training.evaluate --gguf FILE`."""

import argparse
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

from training import vocabulary
from training.evaluation import agreement, held_out, talking, tooling, writing
from training.evaluation.engine import Engine

GOALS = {"copying": 95, "memory": 95, "tool choice": 95, "tool arguments": 95, "JSON": 95, "arithmetic": 80, "arithmetic with thinking": 80}
OTHER_GOAL = 90
MODEL = Path(__file__).parents[1] / "src/puna/models/tiny.gguf"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gguf", type=Path, default=MODEL)
    parser.add_argument("--count", type=int, default=40, help="cases a skill")
    parser.add_argument("--show", type=int, default=0, help="how many wrong answers of a skill to print")
    parser.add_argument("--tokenizer", type=Path, help="the tokenizer of training, to compare with the engine's")
    arguments = parser.parse_args()
    held_out.check()
    random = Random(20_261_120)
    cases = [case for part in (talking, tooling, writing) for case in part.cases(random, arguments.count)]
    engine = Engine(arguments.gguf)
    if arguments.tokenizer:
        found = list(agreement.differences(engine, vocabulary.load(arguments.tokenizer), 400))
        print(f"Of 400 documents and 100 tool conversations {len(found)} differ between training and engine.", *found[:3], sep="\n")
    with ThreadPoolExecutor(2) as pool:
        wrong = list(pool.map(lambda case: case.trial(engine), cases))
    answers: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
    for case, answer in zip(cases, wrong, strict=True):
        answers[case.skill].append((case.asked, answer))
    print("| skill | cases | right | goal |\n| --- | ---: | ---: | ---: |")
    for skill, outcomes in answers.items():
        share = 100 * sum(answer is None for _, answer in outcomes) / len(outcomes)
        print(f"| {skill} | {len(outcomes)} | {share:.0f} % | {GOALS.get(skill, OTHER_GOAL)} % |")
    for skill, outcomes in answers.items():
        for asked, answer in [outcome for outcome in outcomes if outcome[1]][: arguments.show]:
            print(f"{skill}: {asked!r}\n    {answer}")


if __name__ == "__main__":
    main()
