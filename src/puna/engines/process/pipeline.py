"""Several requests of an engine on their way at once."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")

AHEAD = 2
"""How many requests are on their way at once, so that the engine never waits for the next one."""


async def pipelined(requests: Iterable[Coroutine[Any, Any, T]]) -> AsyncGenerator[T, None]:
    """The answers in order. A request is begun when one of those before it has been answered."""
    working: deque[asyncio.Task[T]] = deque()
    try:
        for request in requests:
            working.append(asyncio.create_task(request))
            if len(working) == AHEAD:
                yield await working.popleft()
        while working:
            yield await working.popleft()
    finally:
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
