"""Embedding through Puna against sentence-transformers: `make bench-embeddings`.

Both have all-MiniLM-L6-v2 and this machine's CPU. Rounds alternate as far as two programs can: the peer runs
between two of Puna's, so that both meet the same machine. `--reference FILE` writes the peer's vectors of a few
sentences, which the tests compare Puna's with.
"""

import argparse
import json
import random
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import httpx2
import psutil

from benchmarks.peer_sentence_transformers import model_folder
from puna.library.creation import create
from puna.library.library import Library
from puna.library.names import ModelName
from puna.library.recipe import Recipe
from tests.server import RunningServer, running_server

SENTENCES = 1000
WORDS = [
    *("the", "a", "one", "some", "old", "new", "red", "green", "small", "large", "river", "mountain", "house"),
    *("garden", "morning", "evening", "teacher", "engine", "letter", "number", "answer", "question", "walks"),
    *("runs", "stands", "finds", "makes", "gives", "takes", "sees", "under", "over", "near", "behind", "before"),
    *("after", "slowly", "quickly", "often", "never", "and", "or", "but", "because", "while"),
]
REFERENCE = [
    "why is the sky blue?",
    "what makes the sky look blue?",
    "why is the grass green?",
    "Puna runs models on your own machine.",
    "unbelievably antidisestablishmentarian tokenization",
    "caf\u00e9 cr\u00e8me, s'il vous pla\u00eet! (3.50)",
    "a",
    "The quick brown fox jumps over the lazy dog. " * 12,
]


def sentences(count: int, words: int, seed: int = 0) -> list[str]:
    """Sentences of that many words, give or take a third."""
    generator = random.Random(seed)
    return [
        " ".join(generator.choices(WORDS, k=generator.randint(words * 2 // 3, words * 4 // 3))) for _ in range(count)
    ]


class Round(NamedTuple):
    """One request with many texts: seconds on the clock, seconds of the processor, and the texts' tokens."""

    seconds: float
    work: float
    tokens: int


def puna_round(server: RunningServer, http: httpx2.Client, texts: list[str]) -> Round:
    """One request through Puna; its work is that of the server and of its engine."""
    body = {"model": "all-minilm", "input": texts, "encoding_format": "base64"}
    before, start = processor_seconds(server), time.perf_counter()
    response = http.post("/v1/embeddings", json=body, timeout=3600)
    seconds = time.perf_counter() - start
    tokens = int(response.raise_for_status().json()["usage"]["prompt_tokens"])
    return Round(seconds, processor_seconds(server) - before, tokens)


def processor_seconds(server: RunningServer) -> float:
    """The processor time so far of a server and its engines."""
    times = [process.cpu_times() for process in (psutil.Process(server.process.pid), *server.engines())]
    return sum(time.user + time.system for time in times)


def peer_rounds(python: Path, texts: list[str], *options: str) -> list[tuple[float, float]]:
    """The peer's rounds: seconds on the clock and of the processor."""
    command = [str(python), "-m", "benchmarks.peer_sentence_transformers", *options]
    done = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, check=True)
    return [(seconds, work) for seconds, work in json.loads(done.stdout.splitlines()[-1])]


def report(server: RunningServer, python: Path | None, count: int) -> None:
    """Rounds of Puna, of the peer, of Puna again; the best of each side counts. Processor time says more on a machine
    that does other things as well."""
    with server.http() as http:
        short = sentences(count, 9)
        puna_round(server, http, short[:64])
        rounds = [puna_round(server, http, short) for _ in range(2)]
        peer = peer_rounds(python, short) if python else []
        rounds += [puna_round(server, http, short) for _ in range(2)]
        tokens = rounds[0].tokens
        best, work = min(each.seconds for each in rounds), min(each.work for each in rounds)
        print(f"embedding {count} sentences of 9 words: {tokens / best:.0f} tokens/s")
        print(f"  processor time: {1e6 * work / tokens:.0f} µs a token")
        if peer:
            seconds, labour = min(seconds for seconds, _ in peer), min(labour for _, labour in peer)
            print(f"  Puna's speed by sentence-transformers': {seconds / best:.2f}")
            print(f"  the same by processor time: {labour / work:.2f}")
        long = [puna_round(server, http, sentences(count // 10, 90)) for _ in range(3)]
        cost = min(each.work for each in long) / long[0].tokens
        print(f"  cost of a token in texts of 90 words, by that in texts of 9: {cost / (work / tokens):.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Embeddings: Puna against sentence-transformers.")
    parser.add_argument("--peer", type=Path, help="the Python of an environment that has sentence-transformers")
    parser.add_argument("--count", type=int, default=SENTENCES, help="how many short sentences")
    parser.add_argument("--reference", type=Path, help="write the peer's vectors of a few sentences, and end")
    arguments = parser.parse_args()
    if arguments.reference:
        peer_rounds(arguments.peer, REFERENCE, "--vectors", str(arguments.reference))
        return
    with TemporaryDirectory() as folder:
        home = Path(folder)
        create(Library(home / "models"), ModelName.parse("all-minilm"), Recipe(folder=model_folder()))
        with running_server(home, launcher=()) as server:
            report(server, arguments.peer, arguments.count)


if __name__ == "__main__":
    main()
