"""One HTTP exchange with a client that may leave before it ends."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from types import TracebackType
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from puna.core.errors import PunaError
from puna.http.sse import KEEP_ALIVE

T = TypeVar("T")

KEEP_ALIVE_SECONDS = 10.0
"""How long a stream may be silent before a comment shows the client that it lives."""


class ClientGone(Exception):
    """The client hung up before its answer was complete."""


async def gone(_: Request, __: Exception) -> Response:
    """Nobody is there to read it; the log shows nginx's status for a client that left."""
    return Response(status_code=499)


class Connected:
    """A context in which the task is cancelled as soon as the client hangs up; the context then raises ClientGone.

    The request's body has to have been read before.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._gone = False

    async def __aenter__(self) -> None:
        task = asyncio.current_task()
        assert task
        self._task, self._cancelling = task, task.cancelling()
        self._watch = asyncio.create_task(hung_up(self._receive))
        self._watch.add_done_callback(self._left)

    def _left(self, watch: asyncio.Task[None]) -> None:
        if not watch.cancelled():
            self._gone = True
            self._task.cancel()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._watch.remove_done_callback(self._left)
        self._watch.cancel()
        if self._gone and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise ClientGone from error


async def unless_gone(request: Request, answer: Coroutine[None, None, T]) -> T:
    """The result of `answer`, which is cancelled as soon as the client hangs up.

    Raises:
        ClientGone: it did.
    """
    async with Connected(request.receive):
        return await answer


async def hung_up(receive: Receive) -> None:
    """Return when the client has left. The request's body has been read before."""
    while (await receive())["type"] != "http.disconnect":
        pass


class EventStream:
    """An ASGI response of server-sent events. `blocks` is closed when the client leaves: generation stops.

    It begins with its first block, so that an error before that is still a plain HTTP error; after some silence it
    begins all the same, or the client would think that nobody is there. An error once it has begun is its last block,
    as `render_error` writes it. `keep_alive` is what is sent in long silences; None where the format has nothing that
    clients would ignore.
    """

    def __init__(
        self,
        blocks: AsyncGenerator[bytes, None],
        render_error: Callable[[PunaError], bytes],
        media_type: bytes = b"text/event-stream",
        *,
        keep_alive: bytes | None = KEEP_ALIVE,
    ) -> None:
        self._blocks = blocks
        self._render_error = render_error
        self._silence = keep_alive
        self._media_type = media_type
        self._begun = self._ended = False
        self._timer: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._last_sent = self._loop.time()
        self._listen_for_silence()
        try:
            async with Connected(receive), aclosing(self._blocks) as blocks:
                async for block in blocks:
                    await self._write(block)
            await self._write(b"", more=False)
        except ClientGone:
            if not self._begun:
                raise
        except PunaError as error:
            if not self._begun:
                raise
            await self._write(self._render_error(error), more=False)
        finally:
            if self._timer:
                self._timer.cancel()

    async def _write(self, block: bytes, *, more: bool = True) -> None:
        if self._ended:  # a break of the silence that came too late
            return
        self._ended = not more
        self._last_sent = self._loop.time()
        if not self._begun:
            self._begun = True
            headers = [(b"content-type", self._media_type), (b"cache-control", b"no-cache")]
            await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        await self._send({"type": "http.response.body", "body": block, "more_body": more})

    def _listen_for_silence(self) -> None:
        """By a timer, which costs nothing as long as the stream speaks."""
        if self._silence:
            self._timer = self._loop.call_later(KEEP_ALIVE_SECONDS, self._break_silence, self._silence)

    def _break_silence(self, comment: bytes) -> None:
        if self._loop.time() - self._last_sent >= KEEP_ALIVE_SECONDS:
            self._speaking = asyncio.ensure_future(self._write(comment))
        self._listen_for_silence()
