"""One run of the benchmark: what Puna costs, as ratios to the engine alone in the same run."""

import argparse
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks import random_model, random_tokenizer
from benchmarks.comparison import Pair, Summary, compare
from benchmarks.load import LoadError, Target, stream
from benchmarks.random_model import SHAPES, write_random_model
from benchmarks.servers import engine_alone, puna_server
from benchmarks.store import add_model

MODEL = "random"
CACHE = Path(".bench")
"""Where generated models are kept from run to run, below the current folder."""
CONTEXT_LENGTH = 2048
"""Tokens. Both engines are in memory at the same time; the model's whole context would need gigabytes."""
COLD_STARTS = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the result: what was measured, what came out, what it should be."""

    name: str
    result: str
    budget: str


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured: `pairs` of bursts of `tokens` per stream; `first_pairs` of requests for few tokens."""

    shape: str
    pairs: int
    tokens: int
    first_pairs: int


async def run(plan: Plan) -> None:
    """Measure everything and print the table."""
    rows = [*await against_engine(plan), await cold_start()]
    table = Table("", "measured", "budget", title=f"Puna over its engine alone, {plan.shape} random weights")
    for row in rows:
        table.add_row(row.name, row.result, row.budget)
    Console().print(table)


async def against_engine(plan: Plan) -> list[Row]:
    """The rows that compare a server to the engine alone, and the server's memory afterwards."""
    weights = cached_model(plan.shape)
    with puna_environment() as environment:
        add_model(Path(environment["PUNA_MODELS"]), MODEL, weights)
        with puna_server(environment) as server:
            async with engine_alone(MODEL, environment) as alone:
                through = server.target(MODEL)
                rows = [*await throughput_rows(plan, alone, through), await first_token_row(plan, alone, through)]
            return [*rows, Row("server resident memory", f"{server.resident() / 1e6:.0f} MB", "< 150 MB")]


async def throughput_rows(plan: Plan, alone: Target, through: Target) -> list[Row]:
    """Throughput at 1 and at 8 streams."""
    rows = []
    for streams in (1, 8):
        pairs = await compare(alone, through, streams=streams, tokens=plan.tokens, pairs=plan.pairs)
        summary = Summary.of(pairs, lambda pair: pair.throughput)
        rows.append(Row(f"throughput, {count(streams)}", ratio(summary), "≥ 0.97"))
        if streams > 1:
            rows.append(Row(f"first token later, {count(streams)}", delay(pairs), ""))
    return rows


async def first_token_row(plan: Plan, alone: Target, through: Target) -> Row:
    """How much later the first token comes to a client that is alone."""
    pairs = await compare(alone, through, streams=1, tokens=2, pairs=plan.first_pairs)
    return Row("first token later, 1 stream", delay(pairs), "≤ 2 ms")


async def cold_start() -> Row:
    """Seconds until the first token of `tiny`, from a server that listens but has loaded nothing."""
    name, budget = "first token of tiny, cold", "< 1 s"
    seconds: list[float] = []
    for _ in range(COLD_STARTS):
        with puna_environment() as environment, puna_server(environment) as server:
            try:
                seconds.append(await stream(server.target("tiny"), "Say this is a test", 1))
            except LoadError:
                return Row(name, "tiny does not answer", budget)
    return Row(name, f"{median(seconds):.2f} s", budget)


@contextmanager
def puna_environment() -> Iterator[dict[str, str]]:
    """A home that is empty and goes away, with a short context."""
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        home = Path(folder).absolute()
        yield {
            "PUNA_HOME": str(home),
            "PUNA_MODELS": str(home / "models"),
            "PUNA_CONTEXT_LENGTH": str(CONTEXT_LENGTH),
        }


def cached_model(shape: str) -> Path:
    """The random model of that shape, written unless it is there and newer than what writes it."""
    CACHE.mkdir(exist_ok=True)
    path = CACHE / f"random-{shape}.gguf"
    sources = (random_model.__file__, random_tokenizer.__file__)
    if not path.exists() or path.stat().st_mtime < max(os.stat(source).st_mtime for source in sources):
        unfinished = path.with_suffix(".unfinished")
        write_random_model(unfinished, SHAPES[shape])
        unfinished.replace(path)
    return path


def count(streams: int) -> str:
    return "1 stream" if streams == 1 else f"{streams} streams"


def ratio(summary: Summary) -> str:
    return f"{summary.median:.3f} ({summary.lower:.3f} to {summary.upper:.3f})"


def delay(pairs: list[Pair]) -> str:
    summary = Summary.of(pairs, lambda pair: pair.delay)
    return f"{summary.median:+.1f} ms ({summary.lower:+.1f} to {summary.upper:+.1f})"


def read_arguments() -> Plan:
    """The plan that the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--shape", choices=SHAPES, default="135M", help="shape of the random model")
    parser.add_argument("--pairs", type=int, default=12, help="measured pairs of runs")
    parser.add_argument("--tokens", type=int, default=128, help="tokens a stream in each run")
    parser.add_argument("--first-pairs", type=int, default=60, help="measured pairs of requests for the first token")
    arguments = parser.parse_args()
    return Plan(arguments.shape, arguments.pairs, arguments.tokens, arguments.first_pairs)
