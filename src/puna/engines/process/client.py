"""HTTP to an engine's process."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import orjson

from puna.core.errors import PunaError
from puna.engines.process.connection import Connection, exchange


class EngineClient:
    """Speaks to one engine. Raises `ConnectionError` when the engine is not there or breaks off.

    `refusal` says in Puna's terms what an `error` object of the engine means, `probe` is a path that the engine's own
    loop answers. Each request has a connection of its own: llama-server closes its end after each stream, and idle
    ones when it likes, under the next request. A prompt may take any time; a dead engine closes its connections.
    """

    def __init__(self, address: str, key: str, refusal: Callable[[dict[str, Any]], PunaError], probe: str) -> None:
        place = urlsplit(address)
        assert place.hostname
        assert place.port
        self._host, self._port = place.hostname, place.port
        self._head = f"HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n"
        self._refusal = refusal
        self._probe = probe
        self._open = 0
        self._heard = 0.0

    @property
    def idle(self) -> bool:
        """Whether the engine has been asked nothing that it has not answered."""
        return not self._open

    @property
    def silence(self) -> float:
        """For how many seconds the engine has not said a word, while it has something to answer."""
        return monotonic() - self._heard if self._open else 0.0

    async def get(self, path: str) -> Any:
        """GET, and the decoded answer."""
        return await self._ask(self._get(path))

    async def post(self, path: str, body: Any) -> Any:
        """POST, and the decoded answer. Cancelling hangs up."""
        return await self._ask(self._post(path, body))

    async def stream(self, path: str, body: dict[str, Any]) -> AsyncGenerator[Any, None]:
        """POST, and yield the decoded data of each server-sent event. Closing the iterator hangs up."""
        async with self._listening(self._post(path, body)) as connection:
            rest = b""
            while block := await connection.read():
                self._heard = monotonic()
                *events, rest = (rest + block).split(b"\n\n")
                for event in events:
                    if event.startswith(b"data: {"):
                        yield self._decode(event)

    async def arrays(self, path: str, body: Any) -> AsyncGenerator[list[Any], None]:
        """POST, and yield the innermost arrays of the answer, each as soon as it is there. Such an answer can have
        hundreds of megabytes; decoded in one go it would hold up everything else."""
        async with self._listening(self._post(path, body)) as connection:
            rest = b""
            while block := await connection.read():
                *ended, rest = (rest + block).split(b"]")
                for part in ended:
                    if (begin := part.rfind(b"[")) >= 0:
                        yield orjson.loads(part[begin:] + b"]")

    async def answers(self, seconds: float) -> bool:
        """Whether the engine's own loop answers within that time; its HTTP threads alone would say nothing of it."""
        try:
            async with (
                asyncio.timeout(seconds),
                exchange(self._host, self._port, self._get(self._probe)) as connection,
            ):
                return await connection.status() == 200
        except (ConnectionError, TimeoutError):
            return False

    async def _ask(self, request: bytes) -> Any:
        async with self._listening(request) as connection:
            return orjson.loads(await connection.whole())

    def _get(self, path: str) -> bytes:
        return f"GET {path} {self._head}\r\n".encode()

    def _post(self, path: str, body: Any) -> bytes:
        content = orjson.dumps(body)
        head = f"POST {path} {self._head}Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        return head.encode() + content

    @asynccontextmanager
    async def _listening(self, request: bytes) -> AsyncIterator[Connection]:
        """The connection on which the engine answers that request, and refuses nothing."""
        if not self._open:
            self._heard = monotonic()
        self._open += 1
        try:
            async with exchange(self._host, self._port, request) as connection:
                if await connection.status() != 200:
                    raise self._refusal(orjson.loads(await connection.whole())["error"])
                yield connection
        finally:
            self._open -= 1

    def _decode(self, event: bytes) -> Any:
        """The data of one server-sent event."""
        data = orjson.loads(event[6:])
        if "error" in data:
            raise self._refusal(data["error"])
        return data
