"""Puna with the packaged engine and with a compiled one, beside that `llama-server` alone at its defaults.

Without a model the weights are random, with the real shape of SmolLM2-135M; answers that repeat their prompt need a
model that can do that.
"""

import argparse
import asyncio
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks import comparison
from benchmarks.bench import CACHE, cached_model, puna_environment
from benchmarks.load import Target, first_text, send_burst
from benchmarks.servers import busy, puna_server
from benchmarks.store import add_model
from puna.builds.build import program_of
from puna.formats.gguf import Metadata
from puna.settings import Settings

MODEL = "measured"
LISTENING = re.compile(r"listening on (http://\S+)")
CODE = Path(comparison.__file__).read_text()
PASSAGE = __doc__ * 3
SCHEMA = {
    "type": "object",
    "properties": {name: {"type": "string", "maxLength": 40} for name in ("title", "author", "summary", "place")},
    "required": ["title", "author", "summary", "place"],
}
FORM = {"type": "json_schema", "json_schema": {"name": "books", "schema": {"type": "array", "items": SCHEMA}}}


@dataclass(frozen=True, slots=True)
class Kind:
    """What is asked, how many at once, for how many tokens each."""

    prompt: str
    tokens: int
    streams: int = 1
    fields: Mapping[str, Any] = field(default_factory=dict)


PLAIN = "Tell a long story about a fisherman, his daughter and the sea."
KINDS = {
    "prompt of 500 words": Kind("sea wind harbour boat light " * 100, 1),
    "plain text, 1 stream": Kind(PLAIN, 64),
    "plain text, 8 streams": Kind(PLAIN, 32, 8),
    "plain text, 32 streams": Kind(PLAIN, 16, 32),
}
REPEATING = {
    "an edit of code": Kind(f"Rename Pair to Couple in this code and write all of it:\n\n{CODE}", 200),
    "a quoted passage": Kind(f"Write this passage again, word for word:\n\n{PASSAGE}", 100),
    "JSON by a schema": Kind("List ten books.", 150, fields={"response_format": FORM}),
}


@dataclass(frozen=True, slots=True)
class Side:
    """A server, and what its process and engines have used until now."""

    target: Target
    process: psutil.Process

    def busy(self) -> float:
        return sum(busy(one) for one in (self.process, *self.process.children(recursive=True)))

    def resident(self) -> int:
        return sum(one.memory_info().rss for one in (self.process, *self.process.children(recursive=True)))


def target(address: str, ends: list[int]) -> Target:
    """A model that says as many tokens as are asked for, the likeliest ones."""

    def body(prompt: str, tokens: int) -> dict[str, Any]:
        asked = {"model": MODEL, "stream": True, "max_tokens": tokens, "temperature": 0}
        messages = [{"role": "user", "content": prompt}]
        return {**asked, "messages": messages, "logit_bias": {str(end): -100 for end in ends}}

    return Target(address, body)


@contextmanager
def alone(program: Path, weights: Path, ends: list[int], threads: int | None) -> Iterator[Side]:
    """The program with no options but a port, and a number of threads if one is given."""
    command = [str(program), "--model", str(weights), "--host", "127.0.0.1", "--port", "0", "--no-webui"]
    command += ["--threads", str(threads)] if threads else []
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    try:
        found = next(filter(None, map(LISTENING.search, process.stdout)))
        os.set_blocking(process.stdout.fileno(), False)
        yield Side(target(found[1], ends), psutil.Process(process.pid))
    finally:
        process.kill()
        process.wait()


async def measure(sides: Mapping[str, Side], kinds: Mapping[str, Kind], rounds: int) -> dict[str, dict[str, Any]]:
    """For each kind and side the seconds of each round, of the clock and of processors."""
    found: dict[str, dict[str, Any]] = {kind: {side: [] for side in sides} for kind in kinds}
    for turn in range(rounds + 1):
        for name, kind in kinds.items():
            prompts = [f"{turn}.{stream} {kind.prompt}" for stream in range(kind.streams)]
            for side in sorted(sides, reverse=bool(turn % 2)):
                before = sides[side].busy()
                asked = with_fields(sides[side].target, kind.fields)
                burst = await send_burst(asked, prompts, kind.tokens)
                if turn:  # the first one warms up
                    found[name][side].append((burst.seconds, sides[side].busy() - before))
    return found


def with_fields(one: Target, fields: Mapping[str, Any]) -> Target:
    """The target, asked with more fields."""
    return Target(one.address, lambda prompt, tokens: {**one.write_body(prompt, tokens), **fields}, one.key)


def ratios(mine: list[tuple[float, float]], base: list[tuple[float, float]], place: int) -> str:
    """How many times as fast one is, round by round: the median and the quartiles."""
    each = [theirs[place] / own[place] for own, theirs in zip(mine, base, strict=True)]
    if len(each) < 2:
        return f"{each[0]:.2f}"
    low, _, high = quantiles(each, n=4, method="inclusive")
    return f"{median(each):.2f} ({low:.2f} to {high:.2f})"


async def run(weights: Path, program: Path, rounds: int, threads: int | None, *, repeating: bool) -> None:
    """Measure and print the table."""
    special = Metadata.read(weights).special_tokens
    ends = sorted({special[end] for end in ("eos", "eot", "eom") if end in special})
    base = f"{program.name} alone"
    with ExitStack() as stack:
        environment = stack.enter_context(puna_environment())
        add_model(Path(environment["PUNA_MODELS"]), MODEL, weights)
        environment |= {"PUNA_THREADS": str(threads)} if threads else {}
        sides = {base: stack.enter_context(alone(program, weights, ends, threads))}
        for name, more in (("packaged", {}), ("compiled", {"PUNA_LLAMA_SERVER": str(program)})):
            home = {"PUNA_HOME": f"{environment['PUNA_HOME']}/{name}"}
            server = stack.enter_context(puna_server({**environment, **home, **more}))
            sides[f"Puna, {name}"] = Side(target(server.address, ends), psutil.Process(server.process.pid))
        cold = {name: await first_text(side.target, PLAIN, 4) for name, side in sides.items()}
        memory = {name: side.resident() for name, side in sides.items()}
        found = await measure(sides, KINDS | REPEATING if repeating else KINDS, rounds)
    others = [name for name in sides if name != base]
    table = Table("", *others, title=f"{weights.name}: speed over {base}; in brackets by processor time")
    for kind, times in found.items():
        pairs = [(ratios(times[name], times[base], 0), ratios(times[name], times[base], 1)) for name in others]
        table.add_row(kind, *(f"{clock}\n[{processor}]" for clock, processor in pairs))
    table.add_row("first token, model not loaded", *(f"{cold[name]:.2f} s" for name in others))
    table.add_row("memory after it", *(f"{memory[name] / 1e6:.0f} MB ({memory[base] / 1e6:.0f})" for name in others))
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engines", description=__doc__)
    parser.add_argument("model", nargs="?", type=Path, help="a GGUF file")
    parser.add_argument("--program", type=Path, help="a llama-server [the build in use]")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, help="of each engine: fewer than cores on a busy machine")
    parser.add_argument("--shape", default="135M", help="of the random weights")
    arguments = parser.parse_args()
    program = arguments.program or program_of(Settings.from_environment(os.environ))
    if program is None:
        parser.error("there is no compiled engine: `puna engine build` makes one, --program names one")
    CACHE.mkdir(exist_ok=True)
    weights = arguments.model or cached_model(arguments.shape)
    asyncio.run(run(weights, program, arguments.rounds, arguments.threads, repeating=arguments.model is not None))


if __name__ == "__main__":
    main()
