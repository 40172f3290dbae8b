"""Connections of clients that are slow, silent or greedy: each has some time and some room, and no more."""

import asyncio
import itertools
import logging
import socket
import struct
import sys
import time
from asyncio import TimerHandle
from collections import deque
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from puna.settings import Settings

MOST_HEAD = 2**16
"""How many bytes a request line and headers may have together."""
MOST_HEADERS = 100
MOST_PIPELINED = 16
"""How many requests of a connection may wait for the answer to one before them. Each is kept as a hundred times what
it takes to send, and what has been received is parsed whole. Hardly any client sends a second one."""
LEAST_BODY = 2**12
"""How many bytes of a body have to come in the time that is given for them."""
SILENCE_SECONDS = 60.0
"""How often the log says that there are too many connections."""

_log = logging.getLogger("puna")


class UntilClose:
    """How an answer goes to a client of HTTP/1.0, which knows no chunks: one without a length ends with the
    connection, which uvicorn closes after it anyway."""

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle
        self._send = cycle.send
        self._sized = False

    async def send(self, message: ASGISendEvent) -> None:
        cycle = self._cycle
        if message["type"] == "http.response.start":
            self._sized = any(name.lower() == b"content-length" for name, _ in message.get("headers", ()))
            if not self._sized:
                cycle.chunked_encoding = False
                cycle.keep_alive = False
        elif message["type"] == "http.response.body" and not self._sized and cycle.scope["method"] != "HEAD":
            cycle.expected_content_length = len(message.get("body", b""))
        await self._send(message)


class Connection(HttpToolsProtocol):
    """uvicorn's connection, with limits: on how long a head may take and how large it may be, on how slowly a body
    may come and an answer be read, on how many requests may wait, and on how many connections there may be (`most`;
    None is any number)."""

    head_seconds: ClassVar[float] = 20.0
    body_seconds: ClassVar[float] = 30.0
    read_seconds: ClassVar[float] = 60.0
    most: ClassVar[int | None] = None
    _numbers: ClassVar["itertools.count[int]"] = itertools.count()
    _told: ClassVar[float] = float("-inf")

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.number = next(self._numbers)
        self._head = 0
        self._came = 0
        self._spoken = self._in_head = self._in_body = self._ended = False
        self._cycles: deque[RequestResponseCycle] = deque()
        self._coming: TimerHandle | None = None
        self._unread: TimerHandle | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing would be lost if it were closed: no request has come, and no answer is owed."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_head()
        if self.most is not None and len(self.connections) > self.most:
            self._make_room(self.most)

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._coming, self._unread):
            if timer:
                timer.cancel()
        for cycle in self._cycles:  # uvicorn tells the last one only, which pipelined requests come before
            cycle.disconnected = cycle.disconnected or not cycle.response_complete
            cycle.message_event.set()
        self.pipeline.clear()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._spoken = True
        self._came += len(data)
        self._ended = False
        super().data_received(data)
        if self._in_body or self.transport.is_closing() or (self._ended and not self._in_head):
            return
        self._head += 0 if self._ended else len(data)
        if self._head > MOST_HEAD and self.idle:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif self._coming is None:
            self._wait_for_head()

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        if self.transport.is_closing():
            return
        self._head, self._in_head, self._in_body = 0, False, True
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > MOST_HEAD or len(self.headers) > MOST_HEADERS:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            return
        super().on_headers_complete()
        if self.cycle is None or self.cycle.scope is not self.scope:
            return  # it asks for another protocol
        while self._cycles and self._cycles[0].response_complete:
            self._cycles.popleft()
        self._cycles.append(self.cycle)
        if len(self.pipeline) > MOST_PIPELINED:
            self._drop()
            return
        if self.scope["http_version"] == "1.0":
            self.cycle.send = UntilClose(self.cycle).send  # type: ignore[method-assign]
        self._wait_for_body()

    def handle_websocket_upgrade(self) -> None:
        self._stop_waiting()  # the connection is another protocol's from here on, with pings in place of limits
        super().handle_websocket_upgrade()

    def on_body(self, body: bytes) -> None:
        if not self.transport.is_closing():
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_body, self._ended = False, True
        self._stop_waiting()
        if not self.transport.is_closing():
            super().on_message_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self.loop.call_later(self.read_seconds, self._drop)

    def resume_writing(self) -> None:
        if self._unread:
            self._unread.cancel()
        super().resume_writing()

    def _wait_for_head(self) -> None:
        self._stop_waiting()
        self._coming = self.loop.call_later(self.head_seconds, self._check_head)

    def _check_head(self) -> None:
        """A head that did not come in time ends the connection, unless an answer is still on its way out."""
        if self.idle:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self._wait_for_head()

    def _wait_for_body(self) -> None:
        self._stop_waiting()
        self._came = 0
        self._coming = self.loop.call_later(self.body_seconds, self._check_body)

    def _check_body(self) -> None:
        """A body gets more time if it comes, or if it is the server that does not read it."""
        if self._came >= LEAST_BODY or self.flow.read_paused:
            self._wait_for_body()
        elif self.cycle.response_started:
            self.transport.close()
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _stop_waiting(self) -> None:
        if self._coming:
            self._coming.cancel()
            self._coming = None

    def _refuse(self, status: HTTPStatus) -> None:
        """Say why, where anything has come that this would be an answer to, and close."""
        self._stop_waiting()
        if self._spoken:
            text = f"{status.phrase}.".encode()
            head = f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: text/plain\r\nconnection: close\r\n"
            self.transport.write(f"{head}content-length: {len(text)}\r\n\r\n".encode() + text)
        self.transport.close()

    def _drop(self) -> None:
        """Close at once. What is on its way to a client that does not read is forgotten by the system, too."""
        if connected := self.transport.get_extra_info("socket"):
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def _make_room(self, most: int) -> None:
        """Close the oldest of the connections that are idle, or this newest one where all others are at work."""
        others = (one for one in self.connections if isinstance(one, Connection) and one is not self and one.idle)
        min(others, key=lambda one: one.number, default=self)._drop()
        if time.monotonic() - Connection._told > SILENCE_SECONDS:
            Connection._told = time.monotonic()
            _log.warning(
                "More than %d connections: idle ones are closed. PUNA_MAX_CONNECTIONS and `ulimit -n` set the most.",
                most,
            )


def upgraded(**parts: Any) -> asyncio.Protocol:
    """What a connection becomes that asks for a WebSocket. Few do, so that what it takes is imported then."""
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

    return WebSocketsSansIOProtocol(**parts)


def websockets(limits: Mapping[str, int | None]) -> dict[str, Any]:
    """What uvicorn is told of WebSockets: a message may be as large as a request. On one machine nothing is gained by
    compressing it."""
    return {"ws": upgraded, "ws_max_size": limits["request"] or sys.maxsize, "ws_per_message_deflate": False}


def connections(settings: Settings, most: int | None) -> type[Connection]:
    """The class of a server's connections. There may be `most` of them where the settings say nothing."""

    class Limited(Connection):
        head_seconds = settings.head_timeout
        body_seconds = settings.body_timeout
        read_seconds = settings.read_timeout

    Limited.most = settings.max_connections or most
    return Limited
