"""The written evaluation, through the real engine at temperature 0: `python -m training.evaluate --gguf FILE`."""

import argparse
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

from training import vocabulary
from training.evaluation import agreement, distance, held_out, saying, seeing, talking, tooling, writing
from training.evaluation.engine import Engine

GOALS = {
    "copying": 95,
    "memory": 95,
    "tool choice": 95,
    "tool arguments": 95,
    "JSON": 95,
    "arithmetic": 80,
    "arithmetic with thinking": 80,
    "Say and plain words": 95,
    "picture: shape and colour": 95,
    "picture: colour": 95,
    "picture: shape": 95,
    "picture: how many": 85,
}
OTHER_GOAL = 90
FOLDER = Path(__file__).parents[1] / "src/puna/models"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gguf", type=Path, default=FOLDER / "tiny.gguf")
    parser.add_argument(
        "--projector", type=Path, default=FOLDER / "tiny-projector.gguf", help="what sees; no pictures are asked about where it is not"
    )
    parser.add_argument("--only", help="the rows to ask for: those with this in their name")
    parser.add_argument("--count", type=int, default=40, help="cases a skill")
    parser.add_argument("--show", type=int, default=0, help="how many wrong answers of a skill to print")
    parser.add_argument("--tokenizer", type=Path, help="the tokenizer of training, to compare with the engine's")
    arguments = parser.parse_args()
    held_out.check()
    random = Random(20_261_120)
    sees = arguments.projector.is_file()
    parts = (talking, tooling, writing, saying, distance, *([seeing] if sees else ()))
    cases = [case for part in parts for case in part.cases(random, arguments.count)]
    cases = [case for case in cases if not arguments.only or arguments.only in case.skill]
    engine = Engine(arguments.gguf, arguments.projector if sees else None)
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
