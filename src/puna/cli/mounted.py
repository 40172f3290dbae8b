"""An ASGI application as a transport of the HTTP client: requests that never leave the process.

httpx2's own ASGITransport gives an answer when it is complete; progress has to be seen while it happens.
"""

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from contextlib import suppress
from typing import Any

import httpx2
from starlette.types import ASGIApp

Message = MutableMapping[str, Any]


class Mounted(httpx2.AsyncBaseTransport):
    """Answers with `app`, the body's pieces as they come."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        exchange = Exchange(request)
        working = asyncio.ensure_future(self._app(scope_of(request), exchange.receive, exchange.send))
        working.add_done_callback(lambda _: exchange.sent.put_nowait(None))
        start = await exchange.sent.get()
        if start is None:
            await working  # raises what went wrong
            raise httpx2.RemoteProtocolError("the application gave no answer", request=request)
        return httpx2.Response(start["status"], headers=start["headers"], stream=Body(exchange, working))


class Exchange:
    """One request on its way in, and the messages of its answer on their way out."""

    def __init__(self, request: httpx2.Request) -> None:
        assert isinstance(request.stream, httpx2.AsyncByteStream)
        self._chunks = aiter(request.stream)
        self._complete = False
        self.sent: asyncio.Queue[Message | None] = asyncio.Queue()
        self.gone = asyncio.Event()

    async def receive(self) -> Message:
        if self._complete:
            await self.gone.wait()
            return {"type": "http.disconnect"}
        try:
            return {"type": "http.request", "body": await anext(self._chunks), "more_body": True}
        except StopAsyncIteration:
            self._complete = True
            return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: Message) -> None:
        self.sent.put_nowait(message)


class Body(httpx2.AsyncByteStream):
    """The pieces of an answer. Closing it early is a client that hangs up."""

    def __init__(self, exchange: Exchange, working: asyncio.Future[None]) -> None:
        self._exchange = exchange
        self._working = working

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (message := await self._exchange.sent.get()) is not None:
            yield message.get("body", b"")
            if not message.get("more_body", False):
                break
        self._exchange.gone.set()
        await self._working

    async def aclose(self) -> None:
        self._exchange.gone.set()
        with suppress(Exception):
            await self._working


def scope_of(request: httpx2.Request) -> Message:
    """The request as ASGI describes it."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": request.url.raw_path.partition(b"?")[0],
        "query_string": request.url.query,
        "server": (request.url.host, request.url.port),
        "client": ("127.0.0.1", 0),
        "root_path": "",
    }
