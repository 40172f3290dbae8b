"""Scoring given text, beside prompt processing and generation: `python -m benchmarks.scoring`.

All three in tokens per second through Puna, with a random model of a real shape; by turns, the medians of the rounds.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2

from benchmarks.bench import MODEL, cached_model, puna_environment
from benchmarks.random_model import SHAPES
from benchmarks.servers import puna_server
from benchmarks.store import add_model

SHORT = 50


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

    def __init__(self, http: httpx2.Client, vocabulary: int, tokens: int) -> None:
        self._http = http
        self._vocabulary = vocabulary
        self._size = tokens
        self._random = random.Random(0)

    def score(self) -> int:
        self._complete(prompt=self._tokens(self._size), echo=True, logprobs=1, max_tokens=0)
        return self._size

    def score_many(self) -> int:
        prompts = [self._tokens(SHORT) for _ in range(max(1, self._size // SHORT))]
        self._complete(prompt=prompts, echo=True, logprobs=1, max_tokens=0)
        return SHORT * len(prompts)

    def read(self) -> int:
        self._complete(prompt=self._tokens(self._size), max_tokens=1)
        return self._size

    def generate(self) -> int:
        count = max(1, self._size // 8)
        self._complete(prompt=self._tokens(2), max_tokens=count)
        return count

    def _tokens(self, count: int) -> list[int]:
        return self._random.choices(range(300, self._vocabulary), k=count)

    def _complete(self, **fields: Any) -> None:
        self._http.post("/v1/completions", json={"model": MODEL, **fields}, timeout=3600).raise_for_status()


def main() -> None:
    parser = argparse.ArgumentParser(description="Scoring given text, beside prompt processing and generation.")
    parser.add_argument("--shape", choices=SHAPES, default="135M", help="shape of the random model")
    parser.add_argument("--tokens", type=int, default=800, help="of a long text, up to 2,000; an eighth is generated")
    parser.add_argument("--rounds", type=int, default=3, help="measured rounds")
    arguments = parser.parse_args()
    weights = cached_model(arguments.shape)
    with puna_environment() as environment:
        add_model(Path(environment["PUNA_MODELS"]), MODEL, weights)
        with puna_server(environment) as server, httpx2.Client(base_url=server.address, trust_env=False) as http:
            work = Work(http, SHAPES[arguments.shape].vocabulary, arguments.tokens)
            report(work, arguments.tokens, arguments.rounds)


def report(work: Work, tokens: int, rounds: int) -> None:
    kinds = [
        Measured(f"scoring a text of {tokens} tokens", work.score),
        Measured(f"scoring texts of {SHORT} tokens", work.score_many),
        Measured("prompt processing", work.read),
        Measured("generation", work.generate),
    ]
    work.score_many()  # loads the engine that scores,
    work.generate()  # and the other one
    for number in range(1, rounds + 1):
        for kind in kinds:
            kind.run()
        rates = ", ".join(f"{kind.name} {kind.rates[-1]:.0f}" for kind in kinds)
        print(f"round {number} of {rounds}, tokens/s: {rates}", flush=True)
    for kind in kinds:
        print(f"{kind.name}: {kind.rate:.0f} tokens/s")
    scoring, _, reading, generation = (kind.rate for kind in kinds)
    print(f"scoring by prompt processing: {scoring / reading:.2f}, scoring by generation: {scoring / generation:.1f}")


if __name__ == "__main__":
    main()
