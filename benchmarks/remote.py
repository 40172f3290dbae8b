"""What it costs to ask another server through Puna: `make bench-remote`.

The other server is a stand-in in a process of its own that streams as vLLM does, a token for each stream every few
milliseconds as a GPU would, so that its pace does not depend on the processor that it shares with Puna here. It is
asked directly and through Puna, in turn.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

import psutil

from benchmarks.bench import cached_model, puna_environment
from benchmarks.load import Target, asked, first_text, send_burst, stream
from benchmarks.servers import engine_alone, puna_server
from benchmarks.store import add_model
from puna.library.creation import create
from puna.library.library import Library
from puna.library.modelfile import Modelfile
from puna.library.names import ModelName
from puna.library.recipe import Recipe

MODEL = "far"
STREAMS = (1, 8, 64)
QUIET = {"PUNA_ACCESS_LOG": "0", "PUNA_CONNECT_TIMEOUT": "60"}
"""No lines of each request; and on a busy machine a stand-in may take its time to accept a thousand connections."""
KILLED = 50
SLOW = 1000
"""How many streams there are at once when their memory is measured."""


def write_body(prompt: str, tokens: int) -> dict[str, Any]:
    """A request for so many tokens."""
    messages = [{"role": "user", "content": prompt}]
    return {"model": MODEL, "messages": messages, "max_tokens": tokens, "stream": True}


@dataclass(frozen=True)
class Plan:
    """How much is measured: `pairs` of runs, in which each stream has so many `answers` of so many `tokens`, of which
    one comes every `pace` seconds."""

    pairs: int
    tokens: int
    pace: float
    answers: int


class StandIn(asyncio.Protocol):
    """One connection to a server that says a token every `pace` seconds."""

    pace = 0.03

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        lengths = (line.partition(b":")[2] for line in lines if line.startswith(b"content-length"))
        length = int(next(lengths, b"0"))
        if separator and len(body) >= length:
            self._received = b""
            self._closes = b"connection: close" in head.lower()
            if head.startswith(b"GET /v1/models"):
                self._whole({"data": [{"id": MODEL, "owned_by": "vllm", "max_model_len": 32768}]})
            else:
                self._answer = asyncio.create_task(self._stream(json.loads(body)["max_tokens"]))

    def _whole(self, document: Any) -> None:
        content = json.dumps(document).encode()
        self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(content), content))

    async def _stream(self, tokens: int) -> None:
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        loop = asyncio.get_running_loop()
        begun = loop.time()
        self._event({"role": "assistant", "content": ""})
        for number in range(1, tokens + 1):
            await asyncio.sleep(begun + number * self.pace - loop.time())
            self._event({"content": " token"}, "length" if number == tokens else None)
        self._chunk(b"data: [DONE]\n\n")
        self._transport.write(b"0\r\n\r\n")
        if self._closes:
            self._transport.close()

    def _event(self, delta: dict[str, str], reason: str | None = None) -> None:
        row = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        chunk = {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": MODEL,
            "choices": [row],
        }
        self._chunk(b"data: %b\n\n" % json.dumps(chunk, separators=(",", ":")).encode())

    def _chunk(self, data: bytes) -> None:
        self._transport.write(b"%x\r\n%b\r\n" % (len(data), data))


async def stand_in(pace: float) -> None:
    """Serve, and print the port."""
    StandIn.pace = pace
    server = await asyncio.get_running_loop().create_server(StandIn, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@asynccontextmanager
async def running(*arguments: str, **environment: str) -> AsyncIterator[tuple[Process, str]]:
    """A program, and the first line that it prints."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PUNA_", "OLLAMA_"))}
    command = [sys.executable, "-m", *arguments]
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, env={**clean, **environment})
    assert process.stdout
    try:
        yield process, (await process.stdout.readline()).decode().split()[-1]
    finally:
        with suppress(ProcessLookupError):  # it was killed
            process.terminate()
        await process.wait()


@dataclass(frozen=True)
class Servers:
    """Stand-ins with their processes, and Puna before them."""

    there: Target
    here: Target
    puna: psutil.Process
    stand_ins: list[Process]


@asynccontextmanager
async def servers(pace: float, count: int = 1, **environment: str) -> AsyncIterator[Servers]:
    """So many stand-ins, and Puna before them, with those settings."""
    async with AsyncExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stand_in = ("benchmarks.remote", "--stand-in", "--pace", str(pace))
        found = [await stack.enter_async_context(running(*stand_in)) for _ in range(count)]
        lines = "\n".join(f"FROM http://127.0.0.1:{port}/v1 {MODEL}" for _, port in found)
        create(Library(home / "models"), ModelName.parse(MODEL), Recipe.of(Modelfile.parse(lines), home))
        puna = running("puna", "serve", "--port", "0", **{"PUNA_HOME": str(home), **QUIET, **environment})
        process, url = await stack.enter_async_context(puna)
        here = Target(url, write_body)
        await first_text(here, "hello", 1)
        there = Target(f"http://127.0.0.1:{found[0][1]}", write_body)
        yield Servers(there, here, psutil.Process(process.pid), [each for each, _ in found])


@dataclass(frozen=True)
class Steady:
    """Clients that ask again and again: `seconds` of an answer and `first` until its first token, in the median."""

    seconds: float
    first: float


async def ask_steadily(target: Target, streams: int, tokens: int, seconds: float, answers: int) -> Steady:
    """Have so many streams open all the time, which begin evenly spread over the `seconds` that an answer takes."""
    firsts, took = [], []

    async def ask(place: int) -> None:
        await asyncio.sleep(seconds * place / streams)
        for number in range(answers):
            begun = perf_counter()
            firsts.append(await stream(target, f"prompt {place} {number}", tokens))
            took.append(perf_counter() - begun)

    await asyncio.gather(*(ask(place) for place in range(streams)))
    return Steady(median(took), median(firsts))


async def compare(found: Servers, streams: int, plan: Plan) -> None:
    """Throughput and the first token, through Puna and without: of streams that begin one after the other, and of
    some that begin in the same instant."""
    seconds = plan.tokens * plan.pace
    steady, at_once = [], []
    before = spent(found.puna)
    for _ in range(plan.pairs):
        one, other = [
            await ask_steadily(target, streams, plan.tokens, seconds, plan.answers)
            for target in (found.there, found.here)
        ]
        steady.append((one.seconds / other.seconds, 1000 * (other.first - one.first)))
    each = 1e6 * (spent(found.puna) - before) / (plan.pairs * streams * plan.answers * plan.tokens)
    for number in range(plan.pairs if streams > 1 else 0):
        prompts = [f"prompt {number} {place}" for place in range(streams)]
        direct, through = [await send_burst(target, prompts, plan.tokens) for target in (found.there, found.here)]
        at_once.append((through.rate / direct.rate, 1000 * (through.first - direct.first)))
    print(f"{streams:3} streams: {told(steady)}, {each:.0f} µs of processor time a token", flush=True)
    if at_once:
        print(f"{streams:3} in the same instant: {told(at_once)}", flush=True)


def told(pairs: list[tuple[float, float]]) -> str:
    """The middle of what was measured, and where half of it lies."""
    ratios, later = zip(*pairs, strict=True)
    low, _, high = quantiles(ratios, n=4) if len(ratios) > 1 else (ratios[0], 0, ratios[0])
    return f"throughput {median(ratios):.3f} ({low:.3f} to {high:.3f}), first token {median(later):+.1f} ms"


def spent(process: psutil.Process) -> float:
    """The seconds of processor time that it has used."""
    times = process.cpu_times()
    return float(times.user + times.system)


async def compare_llama(plan: Plan) -> None:
    """The same with a llama-server, which has the processor that Puna wants as well: a model of 135 million random
    weights, as in `make bench`."""
    weights = cached_model("135M")
    with puna_environment() as environment:
        home, models = Path(environment["PUNA_HOME"]), Path(environment["PUNA_MODELS"])
        add_model(models, "random", weights)
        async with engine_alone("random", environment) as alone:
            (home / "key").write_text(alone.key)
            lines = f"FROM {alone.address}/v1 {MODEL}\nKEY file:{home / 'key'}"
            create(Library(models), ModelName.parse(MODEL), Recipe.of(Modelfile.parse(lines), home))
            with puna_server(environment) as server:
                here, there = Target(server.address, write_body), replace(alone, write_body=write_body)
                await first_text(here, "hello", 1)
                for streams in (1, 8):
                    found = []
                    for number in range(plan.pairs):
                        bursts = {}
                        for side, one in sorted({"far": there, "near": here}.items(), reverse=bool(number % 2)):
                            # Each side has its own, as the engine keeps what it has read.
                            prompts = [f"{number}, {side} {place}: tell me of the sea." for place in range(streams)]
                            bursts[side] = await send_burst(one, prompts, plan.tokens)
                        direct, through = bursts["far"], bursts["near"]
                        found.append((through.rate / direct.rate, 1000 * (through.first - direct.first)))
                    print(f"{streams:3} streams of a llama-server on the same cores: {told(found)}", flush=True)


async def weigh(pace: float) -> None:
    """The memory of many streams at once, in Puna's process."""
    async with servers(pace) as found:
        here, process = found.here, found.puna
        empty = process.memory_info().rss
        tokens = 40
        bursts = asyncio.create_task(send_burst(here, [f"slow {number}" for number in range(SLOW)], tokens))
        most = empty
        while not bursts.done():
            await asyncio.sleep(pace / 2)
            most = max(most, process.memory_info().rss)
        burst = await bursts
        print(
            f"{SLOW} streams of a token every {pace:g} s: {(most - empty) / SLOW / 1000:.1f} kB each, "
            f"all done in {burst.seconds:.1f} s of at least {tokens * pace:.1f}"
        )


async def kill_one(pace: float) -> None:
    """Kill one of two servers under 50 streams, and count what became of them."""
    async with servers(pace, 2) as found:
        tokens = 60
        answers = [asyncio.create_task(text(found.here, f"prompt {number}", tokens)) for number in range(KILLED)]
        await asyncio.sleep(tokens * pace / 2)
        found.stand_ins[0].kill()
        lengths = Counter(await asyncio.gather(*answers))
        print(f"one of two servers killed under {KILLED} streams: {lengths[tokens]} whole, of the others {lengths}")


async def text(target: Target, prompt: str, tokens: int) -> int:
    """How many tokens an answer has in the end."""
    async with asked(target, prompt, tokens) as reader:
        answer = await reader.read()
    return answer.count(b'"content":" token"')


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.remote", description=__doc__)
    parser.add_argument("--stand-in", action="store_true", help="be the other server")
    parser.add_argument("--pace", type=float, default=0.03, help="seconds between two tokens of a stream")
    parser.add_argument("--pairs", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=50, help="of each answer")
    parser.add_argument("--answers", type=int, default=2, help="of each stream in a run")
    parser.add_argument("--no-llama", dest="llama", action="store_false", help="ask no llama-server")
    arguments = parser.parse_args()
    if arguments.stand_in:
        await stand_in(arguments.pace)
        return
    plan = Plan(arguments.pairs, arguments.tokens, arguments.pace, arguments.answers)
    async with servers(plan.pace) as found:
        for streams in STREAMS:
            await compare(found, streams, plan)
    if arguments.llama:
        await compare_llama(plan)
    await weigh(1.0)
    await kill_one(arguments.pace)


if __name__ == "__main__":
    asyncio.run(main())
