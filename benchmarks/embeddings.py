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
from typing import Any

import httpx2

from benchmarks.peer_sentence_transformers import model_folder
from puna.library.creation import create
from puna.library.library import Library
from puna.library.names import ModelName
from puna.library.recipe import Recipe
from tests.server import running_server

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


def puna_seconds(http: httpx2.Client, texts: list[str]) -> tuple[float, int]:
    """How long one request with all the texts takes, and how many tokens they are."""
    start = time.perf_counter()
    body = {"model": "all-minilm", "input": texts, "encoding_format": "base64"}
    response = http.post("/v1/embeddings", json=body, timeout=3600)
    seconds = time.perf_counter() - start
    return seconds, int(response.raise_for_status().json()["usage"]["prompt_tokens"])


def peer_seconds(python: Path, texts: list[str], *options: str) -> list[float]:
    """The peer's rounds."""
    command = [str(python), "-m", "benchmarks.peer_sentence_transformers", *options]
    done = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, check=True)
    seconds: list[float] = json.loads(done.stdout.splitlines()[-1])
    return seconds


def report(http: httpx2.Client, python: Path | None) -> None:
    short = sentences(SENTENCES, 9)
    puna_seconds(http, short[:64])
    rounds = [puna_seconds(http, short) for _ in range(2)]
    peer = peer_seconds(python, short) if python else []
    rounds += [puna_seconds(http, short) for _ in range(2)]
    best, tokens = min(rounds)
    print(f"embedding {SENTENCES} sentences of 9 words: {tokens / best:.0f} tokens/s")
    if peer:
        print(f"  Puna's speed by sentence-transformers': {min(peer) / best:.2f}")
    few, few_tokens = min(puna_seconds(http, sentences(SENTENCES // 10, 90)) for _ in range(3))
    print(f"  cost of a token in texts of 90 words, by that in texts of 9: {few / few_tokens / (best / tokens):.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Embeddings: Puna against sentence-transformers.")
    parser.add_argument("--peer", type=Path, help="the Python of an environment that has sentence-transformers")
    parser.add_argument("--reference", type=Path, help="write the peer's vectors of a few sentences, and end")
    arguments = parser.parse_args()
    if arguments.reference:
        peer_seconds(arguments.peer, REFERENCE, "--vectors", str(arguments.reference))
        return
    with TemporaryDirectory() as folder:
        home = Path(folder)
        create(Library(home / "models"), ModelName.parse("all-minilm"), Recipe(folder=model_folder()))
        settings: dict[str, Any] = {}
        with running_server(home, **settings) as server, server.http() as http:
            report(http, arguments.peer)


if __name__ == "__main__":
    main()
