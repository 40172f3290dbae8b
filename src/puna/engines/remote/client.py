"""HTTP to another server: requests on connections that are kept, with or without TLS.

A redirect is not followed: the key is for the address that the user wrote, and for no other.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from puna import __version__
from puna.core.json import write
from puna.core.remote import is_local
from puna.engines.remote.connection import KeptConnection
from puna.engines.remote.encryption import distrust, encryption
from puna.engines.remote.proxy import proxy_for, tunnel

KEPT_SECONDS = 30.0
"""How long a connection waits for its next request. Servers close theirs after a minute or so."""
MOST_KEPT = 128
LOOKS = 10
"""How often the event loop looks for a connection once its time is over. A process that had no processor in that time
has not seen what is there."""


class Unreachable(ConnectionError):
    """Nothing of the request can have reached the server."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answers: its status and headers are there, its body comes."""

    status: int
    connection: KeptConnection

    @property
    def headers(self) -> dict[str, str]:
        """By their names in small letters."""
        return self.connection.headers

    async def read(self) -> bytes:
        """What has come of the body since the last call; none when that was all. Raises ConnectionError."""
        return await self.connection.read()

    async def whole(self) -> bytes:
        """The whole body. Raises ConnectionError."""
        return await self.connection.whole()


class Client:
    """Asks one server. `url` is what the paths are added to. A connection has to be there within `connect_timeout`
    seconds, and the server may be silent for `patience` seconds."""

    def __init__(self, url: str, connect_timeout: float, patience: float) -> None:
        place = urlsplit(url)
        assert place.hostname
        self._secure = place.scheme.lower() == "https"
        self._host = place.hostname
        self._port = place.port or (443 if self._secure else 80)
        self._path = place.path
        self._local = is_local(url)
        self._head = f"HTTP/1.1\r\nHost: {place.netloc}\r\nUser-Agent: puna/{__version__}\r\nAccept: */*\r\n"
        self._connect_timeout = connect_timeout
        self._patience = patience
        self._kept: list[KeptConnection] = []

    @asynccontextmanager
    async def ask(
        self, method: str, path: str, body: Any = None, *, key: str | None = None, root: bool = False
    ) -> AsyncIterator[Answer]:
        """Send a request, and give its answer as soon as it begins; leaving the context hangs up. With `root` the
        path begins where the server's own paths do, without `/v1`.

        Raises Unreachable, and ConnectionError where the server was reached and broke off.
        """
        request = self._request(method, path, body, key, root=root)
        connection, status = await self._begun(request)
        try:
            yield Answer(status, connection)
        finally:
            self._keep(connection)

    def close(self) -> None:
        """Hang up wherever nothing is on its way."""
        for connection in self._kept:
            connection.hang_up()
        self._kept.clear()

    async def _begun(self, request: bytes) -> tuple[KeptConnection, int]:
        """A connection on which the answer has begun. A kept one may close under the request: it is sent again."""
        while connection := self._take():
            try:
                return connection, await self._sent(connection, request)
            except ConnectionError:
                if connection.received:
                    raise
        connection = await self._connected()
        return connection, await self._sent(connection, request)

    async def _sent(self, connection: KeptConnection, request: bytes) -> int:
        try:
            connection.ask(request)
            return await connection.status()
        except BaseException:
            connection.hang_up()
            raise

    def _take(self) -> KeptConnection | None:
        """The connection that was used last, if the server has not closed it."""
        while self._kept:
            connection = self._kept.pop()
            if connection.open and monotonic() - connection.since < KEPT_SECONDS:
                return connection
            connection.hang_up()
        return None

    def _keep(self, connection: KeptConnection) -> None:
        if connection.reusable and len(self._kept) < MOST_KEPT:
            connection.rest()
            self._kept.append(connection)
        else:
            connection.hang_up()

    async def _connected(self) -> KeptConnection:
        dialling = asyncio.create_task(self._dialled())
        try:
            await asyncio.wait((dialling,), timeout=self._connect_timeout)
            for _ in range(LOOKS):
                if dialling.done():
                    return dialling.result()
                await asyncio.sleep(0)
            raise Unreachable(f"no connection within {self._connect_timeout:g} seconds")
        except BaseException:
            dialling.cancel()
            dialling.add_done_callback(hang_up)
            raise

    async def _dialled(self) -> KeptConnection:
        try:
            return await self._connect()
        except ssl.SSLError as error:
            raise Unreachable(distrust(error)) from error
        except OSError as error:
            raise Unreachable(reason(error)) from error

    async def _connect(self) -> KeptConnection:
        """Connect, through the proxy that the environment names for addresses with TLS."""
        loop = asyncio.get_running_loop()
        context = await encryption() if self._secure else None
        connection = KeptConnection(self._patience)
        proxy = proxy_for(self._host, self._port) if self._secure and not self._local else None
        if proxy is None:
            await loop.create_connection(lambda: connection, self._host, self._port, ssl=context)
            return connection
        assert context
        through = await tunnel(proxy, self._host, self._port)
        transport = await loop.start_tls(through, connection, context, server_hostname=self._host)
        assert transport
        connection.connection_made(transport)
        return connection

    def _request(self, method: str, path: str, body: Any, key: str | None, *, root: bool) -> bytes:
        before = self._path.removesuffix("/v1") if root else self._path
        head = f"{method} {before}{path} {self._head}"
        if key:
            head += f"Authorization: Bearer {key}\r\n"
        if body is None:
            return f"{head}\r\n".encode()
        content = write(body)
        head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        return head.encode() + content


def hang_up(dialling: "asyncio.Task[KeptConnection]") -> None:
    """End a connection that nobody waits for any more, if there is one."""
    if not dialling.cancelled() and dialling.exception() is None:
        dialling.result().hang_up()


def reason(error: OSError) -> str:
    """Why there is no connection, in few words."""
    if error.strerror and error.errno:
        return error.strerror.lower().removeprefix("connect call failed").strip() or "connection refused"
    text = str(error)
    return "connection refused" if "Connect call failed" in text or "Connection refused" in text else text
