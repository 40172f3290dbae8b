"""What one server process can carry: `make bench-scaling`.

The streams come from a stand-in that answers as vLLM does (`benchmarks.upstream`), in a process of its own, as Puna
is; this one asks. Streams are opened a few at a time, held together, and ended together. Processor time is told for
each of the three, since on one machine they share the processor.
"""

import argparse
import asyncio
import resource
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import monotonic
from urllib.parse import urlsplit

import psutil
import uvloop

from benchmarks.load import LoadError, Target, first_text, stream
from benchmarks.remote import running, servers, spent, write_body
from benchmarks.upstream import MODEL
from puna.library.creation import create
from puna.library.library import Library
from puna.library.modelfile import Modelfile
from puna.library.names import ModelName
from puna.library.recipe import Recipe

STREAMS = (1000, 3000, 9900)
RATE = 1000.0
"""How many tokens a second all streams of a round have together, unless a pace is asked for."""
OPENING = 64
"""How many streams may wait for their first token."""
HELD = 30.0
"""How many seconds they are held together."""
PATIENCE = 300.0
"""How many seconds all streams may take to end."""
BUSY = 64
"""How many streams without a pause there are where tokens a second are counted."""
TOKEN = b'"content":" token"'


class Listener(asyncio.Protocol):
    """A client that asks once, counts tokens, and keeps the end of what it is told."""

    def __init__(self, request: bytes, tokens: "Counter[str]") -> None:
        loop = asyncio.get_running_loop()
        self.begun: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[str] = loop.create_future()
        self._request = request
        self._tokens = tokens
        self._end = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        if count := data.count(TOKEN):
            self._tokens["all"] += count
            if not self.begun.done():
                self.begun.set_result(None)
        self._end = (self._end + data)[-400:]

    def connection_lost(self, error: Exception | None) -> None:
        whole = b'"finish_reason":"length"' in self._end and b"data: [DONE]" in self._end
        self.ended.set_result("" if whole else f"{error or ''} {self._end[-160:]!r}")
        if not self.begun.done():
            self.begun.set_result(None)


@dataclass(frozen=True)
class Bench:
    """The servers that are asked, and all processes that have to do with it, by their names."""

    targets: list[Target]
    upstream: str
    processes: dict[str, list[psutil.Process]]

    def spent(self) -> dict[str, float]:
        """The seconds of processor time that each has used."""
        return {name: sum(map(spent, each)) for name, each in self.processes.items()}

    def memory(self) -> int:
        """The bytes that Puna has."""
        return sum(process.memory_info().rss for process in self.processes["puna"])


@asynccontextmanager
async def assembled(pace: float, count: int) -> AsyncIterator[Bench]:
    """The stand-in, and so many servers before it."""
    async with AsyncExitStack() as stack:
        upstream, port = await stack.enter_async_context(running("benchmarks.upstream", "--pace", str(pace)))
        targets, found = [], []
        for _ in range(count):
            home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            recipe = Recipe.of(Modelfile.parse(f"FROM http://127.0.0.1:{port}/v1 {MODEL}"), home)
            create(Library(home / "models"), ModelName.parse(MODEL), recipe)
            puna = running("puna", "serve", "--port", "0", PUNA_HOME=str(home), PUNA_ACCESS_LOG="0")
            process, url = await stack.enter_async_context(puna)
            targets.append(Target(url, write_body))
            found.append(psutil.Process(process.pid))
            await asyncio.gather(*(first_text(targets[-1], f"warm {number}", 1) for number in range(20)))
        processes = {"puna": found, "upstream": [psutil.Process(upstream.pid)], "asking": [psutil.Process()]}
        yield Bench(targets, f"127.0.0.1:{port}", processes)


async def carry(streams: int, pace: float | None, count: int) -> None:
    """Hold that many streams open at once, and print what it takes."""
    pace = pace or streams / RATE
    async with assembled(pace, count) as bench:
        tokens: Counter[str] = Counter()
        empty, at_first, since = bench.memory(), bench.spent(), monotonic()
        listeners = await opened(bench, streams, tokens)
        opening = since_then(bench, at_first)
        told, said = monotonic() - since, tokens["all"]
        most, before, since = bench.memory(), bench.spent(), monotonic()
        firsts: list[float] = []
        asked = 0
        while monotonic() < since + HELD:
            await asyncio.sleep(1.0)
            most = max(most, bench.memory())
            with suppress(LoadError):
                firsts.append(await first_text(bench.targets[len(firsts) % count], "one more", 1))
            asked += 1
        held, passed, kept = since_then(bench, before), tokens["all"] - said, monotonic() - since
        alive = sum(not listener.ended.done() for listener in listeners)
        before, since = bench.spent(), monotonic()
        await end(bench)
        done, late = await asyncio.wait([listener.ended for listener in listeners], timeout=PATIENCE)
        ending = since_then(bench, before)
        problems = Counter(problem for each in done if (problem := each.result()))
        print(
            f"\n{streams:,} streams through {count} process{'es' if count > 1 else ''}, a token each {pace:.2f} s: "
            f"opened in {told:.0f} s, {alive:,} open at once, {problems.total()} failed, {len(late)} never ended\n"
            f"  memory: {empty / 1e6:.0f} MB before, {most / 1e6:.0f} MB with them, "
            f"{(most - empty) / streams / 1000:.0f} kB a stream\n"
            f"  {passed / kept:,.0f} tokens a second for {kept:.0f} s; one more stream had its first token after "
            f"{1000 * median(firsts or [0.0]):.0f} ms, {1000 * max(firsts, default=0.0):.0f} ms at most; "
            f"{asked - len(firsts)} of {asked} had none",
            flush=True,
        )
        for name in bench.processes:
            print(
                f"  processor time of {name}: {1e3 * opening[name] / streams:.2f} ms to open a stream, "
                f"{1e6 * held[name] / passed:.0f} µs a token, {1e3 * ending[name] / streams:.2f} ms to end a stream",
                flush=True,
            )
        for problem, times in problems.most_common(3):
            print(f"  {times:,} times: {problem}", flush=True)


async def opened(bench: Bench, streams: int, tokens: "Counter[str]") -> list[Listener]:
    """Streams that have begun, or failed to."""
    turns, loop = asyncio.Semaphore(OPENING), asyncio.get_running_loop()

    async def one(number: int) -> Listener:
        target = bench.targets[number % len(bench.targets)]
        place = urlsplit(target.address)
        async with turns:
            request = target.request(f"stream {number}", 10**6)
            assert place.hostname
            assert place.port
            _, listener = await loop.create_connection(lambda: Listener(request, tokens), place.hostname, place.port)
            await listener.begun
        return listener

    return await asyncio.gather(*(one(number) for number in range(streams)))


async def end(bench: Bench) -> None:
    """Have every stream come to its end."""
    reader, writer = await asyncio.open_connection(*bench.upstream.split(":"))
    writer.write(b"POST /end HTTP/1.1\r\nHost: upstream\r\n\r\n")
    await reader.readline()
    writer.close()


async def hurry(tokens: int) -> None:
    """Count the tokens a second of streams that do not wait, and what each takes."""
    async with servers(0.0) as found:
        before, begun = spent(found.puna), monotonic()
        await asyncio.gather(*(stream(found.here, f"busy {number}", tokens) for number in range(BUSY)))
        passed, taken = monotonic() - begun, spent(found.puna) - before
        total = BUSY * tokens
        print(
            f"{BUSY} streams without a pause: {total / passed:,.0f} tokens a second, "
            f"{1e6 * taken / total:.0f} µs of processor time each: {total / taken:,.0f} a second of a whole core",
            flush=True,
        )


def since_then(bench: Bench, before: dict[str, float]) -> dict[str, float]:
    """The processor time that each has used since."""
    return {name: used - before[name] for name, used in bench.spent().items()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    parser.add_argument("--streams", type=int, nargs="*", default=STREAMS)
    parser.add_argument("--servers", type=int, default=1, help="how many processes of Puna share the streams")
    parser.add_argument("--pace", type=float, help="seconds between two tokens of a stream")
    parser.add_argument("--tokens", type=int, default=400, help="of each stream without a pause; 0 leaves them out")
    arguments = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(f"{most:,} descriptors a process")
    if arguments.tokens:
        asyncio.run(hurry(arguments.tokens))
    for streams in arguments.streams:
        uvloop.run(carry(streams, arguments.pace, arguments.servers))


if __name__ == "__main__":
    main()
