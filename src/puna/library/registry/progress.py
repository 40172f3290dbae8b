"""What a pull or push tells while it goes on."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from puna.library.digest import Digest
from puna.library.translating import Translating


@dataclass(frozen=True, slots=True)
class Status:
    """A new step has begun, or all is done (`success`)."""

    message: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """So much of a blob has gone over, in bytes."""

    digest: Digest
    total: int
    completed: int


Progress = Status | Transfer | Translating
Report = Callable[[Progress], None]


async def reports(work: Callable[[Report], Awaitable[None]]) -> AsyncIterator[Progress]:
    """Do the work, and yield what it reports; at the end raise its error. Leaving the loop cancels it."""
    queue: asyncio.Queue[Progress | None] = asyncio.Queue()
    task = asyncio.ensure_future(work(queue.put_nowait))
    task.add_done_callback(lambda _: queue.put_nowait(None))
    try:
        while (progress := await queue.get()) is not None:
            yield progress
        await task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task
