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
from benchmarks.load import LoadError, Target, first_text, send_burst
from benchmarks.random_model import SHAPES, Weights, write_random_model
from benchmarks.servers import ProcessorTime, PunaServer, engine_alone, puna_server
from benchmarks.store import add_model
from benchmarks.structured import structured_costs

MODEL = "random"
SMALLEST = "micro"
CACHE = Path(".bench")
"""Where generated models are kept from run to run, below the current folder."""
CONTEXT_LENGTH = 2048
"""Tokens. Both engines are in memory at the same time; the model's whole context would need gigabytes."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the result: what was measured, what came out, what it should be."""

    name: str
    result: str
    budget: str


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured: `pairs` of bursts of `tokens` per stream; `first_pairs` of requests for few tokens;
    `cold_starts` of servers."""

    shape: str
    weights: Weights
    pairs: int
    tokens: int
    first_pairs: int
    cold_starts: int


async def run(plan: Plan) -> None:
    """Measure everything and print the table."""
    weights, smallest = cached_model(plan.shape, plan.weights), cached_model(SMALLEST)
    with puna_environment() as environment:
        models = Path(environment["PUNA_MODELS"])
        add_model(models, MODEL, weights)
        add_model(models, SMALLEST, smallest)
        with puna_server(environment) as server:
            rows = await against_engine(plan, server, environment)
            rows += await structured_rows(plan, server)
            rows += await parallel_rows(plan, server, environment)
    rows.append(await cold_row(plan.cold_starts))
    table = Table("", "measured", "budget", title=f"Puna over its engine alone, {plan.shape} random weights")
    for row in rows:
        table.add_row(row.name, row.result, row.budget)
    Console().print(table)


async def against_engine(plan: Plan, server: PunaServer, environment: dict[str, str]) -> list[Row]:
    """The rows that compare a server to the engine alone, and the server's memory afterwards."""
    through = server.target(MODEL)
    async with engine_alone(MODEL, environment) as alone:
        rows = [await first_token_row(plan, alone, through)]
        before = server.processor_time()
        rows += await throughput_rows(plan, alone, through)
        after = server.processor_time()
    return [*rows, processor_row(before, after), memory_row(server)]


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


async def structured_rows(plan: Plan, server: PunaServer) -> list[Row]:
    """What the server has to do for a token of JSON and of a call. The model is the smallest: an engine with a large
    vocabulary takes long to find tokens that a grammar allows, and it is not the one that is measured."""
    json, call = await structured_costs(server, server.target(SMALLEST), plan.tokens, min(plan.pairs, 5))
    return [
        Row("server's processor time, JSON by a schema over plain text", f"{json:.2f}", ""),
        Row("the same, a forced call over plain text", f"{call:.2f}", ""),
    ]


async def parallel_rows(plan: Plan, several: PunaServer, environment: dict[str, str]) -> list[Row]:
    """What it gives to work on 8 requests at once: tokens per second of 8 streams over those of one, and over those
    of 8 streams that an engine with one sequence answers one after another."""
    one = {**environment, "PUNA_NUM_PARALLEL": "1", "PUNA_HOME": environment["PUNA_HOME"] + "/one"}
    with puna_server(one) as single:
        targets = several.target(MODEL), single.target(MODEL)
        over_one, over_turns = [], []
        for turn in range(plan.pairs + 1):
            prompts = [f"Turn {turn}, stream {stream}: tell me about the sea." for stream in range(8)]
            eight = await send_burst(targets[0], prompts, plan.tokens)
            over_one.append(eight.rate / (await send_burst(targets[0], prompts[:1], plan.tokens)).rate)
            over_turns.append(eight.rate / (await send_burst(targets[1], prompts, plan.tokens)).rate)
    return [
        Row("tokens per second, 8 streams over 1", f"{median(over_one[1:]):.2f}", "≥ 2"),
        Row("the same, over one sequence", f"{median(over_turns[1:]):.2f}", "≥ 2"),
    ]


async def first_token_row(plan: Plan, alone: Target, through: Target) -> Row:
    """How much later the first token comes to a client that is alone."""
    pairs = await compare(alone, through, streams=1, tokens=2, pairs=plan.first_pairs)
    return Row("first token later, 1 stream", delay(pairs), "≤ 2 ms")


def processor_row(before: ProcessorTime, after: ProcessorTime) -> Row:
    """The one cost that does not depend on who else uses the machine."""
    share = (after.server - before.server) / (after.engines - before.engines)
    return Row("processor time, server over its engine", f"{share:.3f}", "")


def memory_row(server: PunaServer) -> Row:
    return Row("server resident memory", f"{server.resident() / 1e6:.0f} MB", "< 150 MB")


async def cold_row(starts: int) -> Row:
    """Seconds until the first token of `tiny`, from a server that listens but has loaded nothing."""
    name, budget = "first token of tiny, cold", "< 1 s"
    seconds: list[float] = []
    for _ in range(starts):
        with puna_environment() as environment, puna_server(environment) as server:
            try:
                seconds.append(await first_text(server.target("tiny"), "Say this is a test", 64))
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


def cached_model(shape: str, weights: Weights = Weights.Q8_0) -> Path:
    """The random model of that shape, written unless it is there and newer than what writes it."""
    CACHE.mkdir(exist_ok=True)
    path = CACHE / f"random-{shape}-{weights}.gguf"
    sources = (random_model.__file__, random_tokenizer.__file__)
    if not path.exists() or path.stat().st_mtime < max(os.stat(source).st_mtime for source in sources):
        unfinished = path.with_suffix(".unfinished")
        write_random_model(unfinished, SHAPES[shape], weights=weights)
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
    parser.add_argument("--weights", type=Weights, choices=list(Weights), default=Weights.Q8_0)
    parser.add_argument("--pairs", type=int, default=12, help="measured pairs of runs")
    parser.add_argument("--tokens", type=int, default=96, help="tokens a stream in each run")
    parser.add_argument("--first-pairs", type=int, default=60, help="measured pairs of requests for the first token")
    parser.add_argument("--cold-starts", type=int, default=3, help="fresh servers for the cold first token")
    return Plan(**vars(parser.parse_args()))
