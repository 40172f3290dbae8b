"""The proxy through which other servers are asked, where the environment names one."""

import asyncio
import base64
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

MOST_BYTES = 2**16
"""The longest answer of a proxy."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where a proxy is, and what is said to it of who asks."""

    host: str
    port: int
    authorization: str = ""


def proxy_for(host: str, port: int) -> Proxy | None:
    """The proxy that `HTTPS_PROXY` names; None where it names none, or `NO_PROXY` says that this host needs none.

    Raises ConnectionError for a proxy that can't be used.
    """
    named = getproxies_environment().get("https")
    if not named or proxy_bypass_environment(f"{host}:{port}"):
        return None
    try:
        parts = urlsplit(named if "://" in named else f"http://{named}")
        place = parts.port
    except ValueError as error:
        raise ConnectionError("HTTPS_PROXY is not a valid address") from error
    if parts.scheme != "http" or not parts.hostname:
        raise ConnectionError(f"HTTPS_PROXY names a proxy of the kind {parts.scheme}; http:// is supported")
    if parts.username is None:
        return Proxy(parts.hostname, place or 80)
    credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return Proxy(parts.hostname, place or 80, f"Basic {base64.b64encode(credentials.encode()).decode()}")


async def tunnel(proxy: Proxy, host: str, port: int) -> asyncio.Transport:
    """A connection to that host and port, through the proxy. Raises OSError."""
    loop = asyncio.get_running_loop()
    try:
        transport, asking = await loop.create_connection(Asking, proxy.host, proxy.port)
    except OSError as error:
        raise ConnectionError(f"the proxy {proxy.host}:{proxy.port} takes no connection") from error
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    who = f"Proxy-Authorization: {proxy.authorization}\r\n" if proxy.authorization else ""
    transport.write(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{who}\r\n".encode())
    try:
        head = await asking.answer
        found = re.match(rb"HTTP/1\.[01] (\d{3})", head)
        if found is None or not 200 <= int(found[1]) < 300:
            raise ConnectionError(f"the proxy {proxy.host}:{proxy.port} {refusal(head)}")
    except BaseException:
        transport.abort()
        raise
    return transport


def refusal(head: bytes) -> str:
    """What a proxy says that opens no tunnel."""
    line = head.partition(b"\r\n")[0].decode(errors="replace")
    status = line.partition(" ")[2]
    if status.startswith("407"):
        return "requires a password: set HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT"
    return f"answers {status}" if line.startswith("HTTP/") else "is not an HTTP proxy"


class Asking(asyncio.Protocol):
    """What a proxy answers, up to where the tunnel begins."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        if (b"\r\n\r\n" in self._received or len(self._received) > MOST_BYTES) and not self.answer.done():
            self.answer.set_result(self._received)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.answer.done():
            self.answer.set_exception(error or ConnectionError("the proxy closed the connection"))
