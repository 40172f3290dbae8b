"""One HTTP exchange with an engine, on a connection of its own.

A client library's pool, redirects, cookies and name resolution cost more processor time than the exchange itself, and
a thread of its own to connect; every chat pays for it before its first token (docs/performance.md).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import httptools

MOST_BUFFERED = 2**18
"""How many bytes of an answer may wait for their reader before the engine has to."""


class Connection(asyncio.Protocol):
    """What the engine answers. Everything raises `ConnectionError` when it breaks off before its end."""

    _transport: asyncio.Transport

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._blocks: list[bytes] = []
        self._size = 0
        self._begun = self._complete = False
        self._lost: Exception | None = None
        self._news: asyncio.Future[None] | None = None

    async def status(self) -> int:
        """The status, as soon as the engine begins to answer."""
        while not self._begun:
            await self._more()
        return int(self._parser.get_status_code())

    async def read(self) -> bytes:
        """What has come of the body since the last call, at least one byte; none when that was all."""
        while not self._blocks and not self._complete:
            await self._more()
        body = b"".join(self._blocks)
        self._blocks.clear()
        if self._size > MOST_BUFFERED and not self._lost:
            self._transport.resume_reading()
        self._size = 0
        return body

    async def whole(self) -> bytes:
        """The whole body."""
        blocks = []
        while block := await self.read():
            blocks.append(block)
        return b"".join(blocks)

    async def _more(self) -> None:
        """Return when something has come."""
        if self._lost:
            raise ConnectionError(str(self._lost)) from self._lost
        self._news = asyncio.get_running_loop().create_future()
        await self._news

    def _tell(self) -> None:
        if self._news and not self._news.done():
            self._news.set_result(None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but its base class

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self.connection_lost(error)
            self._transport.abort()
        if self._size > MOST_BUFFERED:
            self._transport.pause_reading()
        self._tell()

    def connection_lost(self, error: Exception | None) -> None:
        self._lost = self._lost or error or ConnectionError("the engine closed the connection")
        self._tell()

    def on_headers_complete(self) -> None:
        self._begun = True

    def on_body(self, body: bytes) -> None:
        self._blocks.append(body)
        self._size += len(body)

    def on_message_complete(self) -> None:
        self._complete = True


@asynccontextmanager
async def exchange(host: str, port: int, request: bytes) -> AsyncIterator[Connection]:
    """Send a request, head and body; leaving the context hangs up."""
    loop = asyncio.get_running_loop()
    try:
        transport, connection = await loop.create_connection(Connection, host, port)
    except OSError as error:
        raise ConnectionError(str(error)) from error
    try:
        transport.write(request)
        yield connection
    finally:
        transport.abort()
