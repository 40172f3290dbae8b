"""Scoring given text, beside prompt processing and generation: `python -m benchmarks.scoring`.

All three in tokens per second through Puna, with a random model of a real shape.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2

from benchmarks.random_model import SHAPES, write_random_model
from tests.models import add_model
from tests.server import running_server

PROMPT = 1000
GENERATED = 128
ROUNDS = 5


class Measured:
    """Rates of one kind of work, in tokens per second."""

    def __init__(self, name: str, work: Callable[[], int]) -> None:
        self.name = name
        self._work = work
        self.rates: list[float] = []

    def run(self) -> None:
        start = time.perf_counter()
        tokens = self._work()
        self.rates.append(tokens / (time.perf_counter() - start))

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)


class Work:
    """What is measured. Prompts are new ones each time, so that no cache knows them."""

    def __init__(self, http: httpx2.Client, vocabulary: int) -> None:
        self._http = http
        self._vocabulary = vocabulary
        self._random = random.Random(0)

    def score(self) -> int:
        self._complete(prompt=self._tokens(PROMPT), echo=True, logprobs=1, max_tokens=0)
        return PROMPT

    def score_many(self) -> int:
        self._complete(prompt=[self._tokens(50) for _ in range(PROMPT // 50)], echo=True, logprobs=1, max_tokens=0)
        return PROMPT

    def read(self) -> int:
        self._complete(prompt=self._tokens(PROMPT), max_tokens=1)
        return PROMPT

    def generate(self) -> int:
        self._complete(prompt=self._tokens(2), max_tokens=GENERATED)
        return GENERATED

    def _tokens(self, count: int) -> list[int]:
        return self._random.choices(range(300, self._vocabulary), k=count)

    def _complete(self, **fields: Any) -> None:
        self._http.post("/v1/completions", json={"model": "random", **fields}, timeout=3600).raise_for_status()


def main() -> None:
    parser = argparse.ArgumentParser(description="Scoring given text, beside prompt processing and generation.")
    parser.add_argument("--shape", choices=SHAPES, default="135M")
    arguments = parser.parse_args()
    shape = SHAPES[arguments.shape]
    with TemporaryDirectory() as folder:
        home = Path(folder)
        write_random_model(home / "random.gguf", shape)
        add_model(home / "models", "random", home / "random.gguf")
        with running_server(home) as server, server.http() as http:
            report(Work(http, shape.vocabulary))


def report(work: Work) -> None:
    kinds = [
        Measured(f"scoring a text of {PROMPT} tokens", work.score),
        Measured("scoring texts of 50 tokens", work.score_many),
        Measured("prompt processing", work.read),
        Measured("generation", work.generate),
    ]
    work.score()
    work.read()
    for _ in range(ROUNDS):
        for kind in kinds:
            kind.run()
    for kind in kinds:
        print(f"{kind.name}: {kind.rate:.0f} tokens/s")
    scoring, _, reading, generation = (kind.rate for kind in kinds)
    print(f"scoring by prompt processing: {scoring / reading:.2f}, scoring by generation: {scoring / generation:.1f}")


if __name__ == "__main__":
    main()
