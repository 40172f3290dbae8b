"""Transports for httpx and httpx2 that carry requests to the server in this process.

`openai` uses httpx2 from its third version on, older ones and `ollama` use httpx; both have the same classes.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from queue import SimpleQueue
from typing import Any

from puna.http.inprocess import Exchange, InProcess, Message, scope_of

FindCore = Callable[[], InProcess]


def transport(httpx: Any, find: FindCore) -> Any:
    """A synchronous transport for clients of that module."""

    class Bytes(httpx.SyncByteStream):  # type: ignore[misc]
        """The body of an answer while it comes."""

        def __init__(self, call: "Call") -> None:
            self._call = call

        def __iter__(self) -> Iterator[bytes]:
            yield from self._call.body()

        def close(self) -> None:
            self._call.hang_up()

    class Transport(httpx.BaseTransport):  # type: ignore[misc]
        """Carries requests; raises the module's ReadError where an answer breaks off."""

        def handle_request(self, request: Any) -> Any:
            call = Call(find(), request, httpx.ReadError)
            status, headers = call.start()
            return httpx.Response(status, headers=headers, stream=Bytes(call))

    return Transport()


def async_transport(httpx: Any, find: FindCore) -> Any:
    """An asynchronous transport for clients of that module."""

    class Bytes(httpx.AsyncByteStream):  # type: ignore[misc]
        """The body of an answer while it comes."""

        def __init__(self, call: "AsyncCall") -> None:
            self._call = call

        async def __aiter__(self) -> AsyncIterator[bytes]:
            async for piece in self._call.body():
                yield piece

        async def aclose(self) -> None:
            self._call.hang_up()

    class Transport(httpx.AsyncBaseTransport):  # type: ignore[misc]
        """Carries requests; raises the module's ReadError where an answer breaks off."""

        async def handle_async_request(self, request: Any) -> Any:
            core = await asyncio.to_thread(find)
            call = AsyncCall(core, request, await request.aread(), httpx.ReadError)
            try:
                status, headers = await call.start()
            except asyncio.CancelledError:
                call.hang_up()
                raise
            return httpx.Response(status, headers=headers, stream=Bytes(call))

    return Transport()


def scope_from(request: Any) -> Message:
    """An httpx request as ASGI describes it. Whichever host it is for, it is this one that answers."""
    headers = [(name.lower(), value) for name, value in request.headers.raw if name.lower() != b"host"]
    headers.append((b"host", b"localhost"))
    path, _, query = request.url.raw_path.partition(b"?")
    return {**scope_of(request.method, request.url.path, query=query, headers=headers), "raw_path": path}


class Call:
    """One request of a synchronous client."""

    def __init__(self, core: InProcess, request: Any, broken: type[Exception]) -> None:
        self._core = core
        self._broken = broken
        self._messages: SimpleQueue[Message | BaseException | None] = SimpleQueue()
        self._exchange = Exchange(iter([request.read()]), self._messages.put)
        self._working = core.begin(scope_from(request), self._exchange)

    def start(self) -> tuple[int, list[tuple[bytes, bytes]]]:
        """Status and headers, once they are there."""
        try:
            message = self._messages.get()
        except BaseException:
            self.hang_up()
            raise
        return started(message, self._broken)

    def body(self) -> Iterator[bytes]:
        """The body while it comes."""
        while (message := self._messages.get()) is not None:
            if isinstance(message, BaseException):
                raise self._broken("the answer broke off") from message
            yield message.get("body", b"")
            if not message.get("more_body", False):
                return

    def hang_up(self) -> None:
        """Nothing more of the answer is wanted."""
        self._core.hang_up(self._exchange, self._working)


class AsyncCall:
    """One request of an asynchronous client, whose event loop is not the server's."""

    def __init__(self, core: InProcess, request: Any, content: bytes, broken: type[Exception]) -> None:
        self._core = core
        self._broken = broken
        self._messages: asyncio.Queue[Message | BaseException | None] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def put(message: Message | BaseException | None) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._messages.put_nowait, message)

        self._exchange = Exchange(iter([content]), put)
        self._working = core.begin(scope_from(request), self._exchange)

    async def start(self) -> tuple[int, list[tuple[bytes, bytes]]]:
        """Status and headers, once they are there."""
        return started(await self._messages.get(), self._broken)

    async def body(self) -> AsyncIterator[bytes]:
        """The body while it comes."""
        while (message := await self._messages.get()) is not None:
            if isinstance(message, BaseException):
                raise self._broken("the answer broke off") from message
            yield message.get("body", b"")
            if not message.get("more_body", False):
                return

    def hang_up(self) -> None:
        """Nothing more of the answer is wanted."""
        self._core.hang_up(self._exchange, self._working)


def started(
    message: Message | BaseException | None, broken: type[Exception]
) -> tuple[int, list[tuple[bytes, bytes]]]:
    """What the first message of an answer says."""
    if message is None or isinstance(message, BaseException):
        raise broken("the server gave no answer") from message
    return message["status"], list(message.get("headers", ()))
