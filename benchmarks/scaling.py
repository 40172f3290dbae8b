"""What one server process can carry: `make bench-scaling`.

The streams come from a stand-in that streams as vLLM does (`benchmarks.remote`), each of them slower the more there
are, so that all are open at once. Memory and processor time are those of Puna's process alone.
"""

import argparse
import asyncio
import resource
from collections import Counter
from time import monotonic

from benchmarks.load import LoadError, Target, stream
from benchmarks.remote import servers, spent

STREAMS = (100, 1000, 3000, 9500)
RATE = 300.0
"""How many tokens a second all streams of a round have together, so that the processor does not decide."""
TOKENS = 6
"""Of each stream."""
OPENED = 10
"""How many connections are opened at a time."""
BUSY = 64
"""How many streams without a pause there are where tokens a second are counted."""


async def carry(streams: int) -> None:
    """Hold that many streams open at once, and print what it takes."""
    pace = streams / RATE
    async with servers(pace) as found:
        target, process = found.here, found.puna
        await asyncio.gather(*(stream(target, f"warm {number}", 1) for number in range(20)))
        empty, before = process.memory_info().rss, spent(process)
        asked = []
        for number in range(streams):
            asked.append(asyncio.create_task(ending(target, f"stream {number}")))
            if number % OPENED == 0:
                await asyncio.sleep(0.05)
        opened = sum(not task.done() for task in asked)
        most = process.memory_info().rss
        while not all(task.done() for task in asked):
            await asyncio.sleep(0.5)
            most = max(most, process.memory_info().rss)
        each = 1e6 * (spent(process) - before) / (streams * TOKENS)
        problems = Counter(problem for task in asked if (problem := task.result()))
        print(
            f"{streams:,} streams, {opened:,} of them open at once: {(most - empty) / streams / 1000:.0f} kB each, "
            f"{most / 1e6:.0f} MB in all, {each:.0f} µs of processor time a token with what opening takes; "
            f"{problems.total()} failed {dict(problems.most_common(2)) or ''}",
            flush=True,
        )


async def hurry(tokens: int) -> None:
    """Count the tokens a second of streams that do not wait, and what each takes."""
    async with servers(0.0) as found:
        before, begun = spent(found.puna), monotonic()
        await asyncio.gather(*(stream(found.here, f"busy {number}", tokens) for number in range(BUSY)))
        seconds, taken = monotonic() - begun, spent(found.puna) - before
        total = BUSY * tokens
        print(
            f"{BUSY} streams without a pause: {total / seconds:,.0f} tokens a second, "
            f"{1e6 * taken / total:.0f} µs of processor time each: {total / taken:,.0f} a second of a whole core",
            flush=True,
        )


async def ending(target: Target, prompt: str) -> str:
    """Why a stream failed; nothing where it has all its tokens."""
    try:
        await stream(target, prompt, TOKENS)
    except (LoadError, OSError) as error:
        return f"{type(error).__name__}: {error}"[:160]
    return ""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    parser.add_argument("--streams", type=int, nargs="*", default=STREAMS)
    parser.add_argument("--tokens", type=int, default=400, help="of each stream without a pause")
    arguments = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(f"{most:,} descriptors a process")
    asyncio.run(hurry(arguments.tokens))
    for streams in arguments.streams:
        asyncio.run(carry(streams))


if __name__ == "__main__":
    main()
