"""One HTTP exchange with a client that may leave before it ends."""

import asyncio
import time
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing, suppress
from typing import TypeVar

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

T = TypeVar("T")

KEEP_ALIVE_SECONDS = 10.0
"""How long a stream may be silent before a comment shows the client that it lives."""
KEEP_ALIVE = b": keep-alive\n\n"


class ClientGone(Exception):
    """The client hung up before its answer was complete."""


async def unless_gone(request: Request, answer: Coroutine[None, None, T]) -> T:
    """The result of `answer`, which is cancelled as soon as the client hangs up.

    Raises:
        ClientGone: it did.
    """
    working = asyncio.create_task(answer)
    watching = asyncio.create_task(hung_up(request.receive))
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientGone
        return working.result()
    finally:
        await cancel(working, watching)


async def hung_up(receive: Receive) -> None:
    """Return when the client has left. The request's body has been read before."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def cancel(*tasks: asyncio.Task[T]) -> None:
    """Cancel the tasks and wait until each has cleaned up."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class EventStream:
    """An ASGI response of server-sent events. `blocks` is closed when the client leaves: generation stops.

    `keep_alive` is what is sent in long silences; None where the format has nothing that clients would ignore.
    """

    def __init__(
        self,
        blocks: AsyncGenerator[bytes, None],
        media_type: bytes = b"text/event-stream",
        *,
        keep_alive: bytes | None = KEEP_ALIVE,
    ) -> None:
        self._blocks = blocks
        self._silence = keep_alive
        self._media_type = media_type
        self._last_sent = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", self._media_type), (b"cache-control", b"no-cache")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        sending = asyncio.create_task(self._send(send))
        others = (asyncio.create_task(hung_up(receive)), asyncio.create_task(self._keep_alive(send)))
        try:
            await asyncio.wait({sending, *others}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancel(*others)
            await cancel(sending)
        with suppress(asyncio.CancelledError):
            sending.result()

    async def _send(self, send: Send) -> None:
        async with aclosing(self._blocks) as blocks:
            async for block in blocks:
                await send({"type": "http.response.body", "body": block, "more_body": True})
                self._last_sent = time.monotonic()
        await send({"type": "http.response.body", "body": b""})

    async def _keep_alive(self, send: Send) -> None:
        while True:
            await asyncio.sleep(KEEP_ALIVE_SECONDS)
            if self._silence and time.monotonic() - self._last_sent >= KEEP_ALIVE_SECONDS:
                await send({"type": "http.response.body", "body": self._silence, "more_body": True})
