"""HTTP, as registries need it. The only module here that knows which HTTP library is used."""

import ipaddress
import re
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson
from yarl import URL

from puna import __version__
from puna.core.addresses import is_public
from puna.library.registry.credentials import Credentials
from puna.library.registry.errors import Interrupted, RegistryError, Unreachable
from puna.library.registry.signature import signed

_HOPS = 5  # redirects that are followed
_SMALL = 4 << 20  # bytes that a manifest, token or error may have
_REDIRECTS = (301, 302, 303, 307, 308)
_PASSING = (408, 425, 429, 500, 502, 503, 504)
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


class NotPublic(OSError):
    """An address that a registry on the internet leads to, and that is not on the internet."""


class Sockets:
    """Opens sockets. Once one was opened to a public address all others have to be, too: a registry on the internet
    can't have this machine look around its own network, however it leads there. One in that network may."""

    def __init__(self) -> None:
        self._public = False

    def open(self, place: tuple[Any, ...]) -> socket.socket:
        """One for that place, as `getaddrinfo` tells of it. Raises `NotPublic`."""
        family, kind, protocol, _, address = place
        public = is_public(ipaddress.ip_address(address[0].partition("%")[0]))
        if self._public and not public:
            raise NotPublic("it is not a public address")
        self._public = public
        return socket.socket(family, kind, protocol)


class Response:
    """The answer of a registry: its head, and its body while it arrives."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        self.url = response.url

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives. Raises Interrupted where it stops too early."""
        with _networking(self.url):
            async for chunk in self._response.content.iter_any():
                yield chunk

    async def read(self) -> bytes:
        """A small body. Raises RegistryError where it is not small."""
        body = b""
        async for chunk in self.chunks():
            body += chunk
            if len(body) > _SMALL:
                raise RegistryError(f"{self.url.host} sent more than {_SMALL} bytes where a few were expected")
        return body


class Transport:
    """A session with a registry: keeps connections, follows redirects, gets the tokens it is asked for."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._authorization: dict[str, str] = {}
        self._answered = False

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=60)
        headers = {"User-Agent": f"puna/{__version__}"}
        connector = aiohttp.TCPConnector(socket_factory=Sockets().open)
        self._session = aiohttp.ClientSession(
            connector=connector, timeout=timeout, headers=headers, auto_decompress=False
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    @asynccontextmanager
    async def request(
        self, method: str, url: URL, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> AsyncIterator[Response]:
        """Send a request, with what authorisation is asked for, and follow where it is redirected to.

        Raises Interrupted where it may work later, RegistryError where the redirect can't be followed. A
        status that is an error is the caller's to judge.
        """
        asked = False
        while True:
            async with self._follow(method, url, headers or {}, body) as (response, host):
                challenge = response.headers.get("WWW-Authenticate", "")
                if response.status != 401 or asked or not challenge:
                    yield response
                    return
            asked = True
            await self._authorize(url, host, challenge)

    @asynccontextmanager
    async def _follow(
        self, method: str, url: URL, headers: Mapping[str, str], body: bytes | None
    ) -> AsyncIterator[tuple[Response, str]]:
        for _ in range(_HOPS + 1):
            host = url.authority
            async with self._send(method, url, headers, body) as response:
                location = response.headers.get("Location")
                if response.status not in _REDIRECTS or location is None:
                    yield response, host
                    return
            url = _resolved(url, location)
        raise RegistryError(f"{url.host} redirects more than {_HOPS} times")

    @asynccontextmanager
    async def _send(
        self, method: str, url: URL, headers: Mapping[str, str], body: bytes | None
    ) -> AsyncIterator[Response]:
        # A host gets the authorisation that was meant for it, never one that it was redirected with.
        authorization = self._authorization.get(url.authority) or self._credentials.header(url.authority)
        sent = {**({"Authorization": authorization} if authorization else {}), **headers}
        with _networking(url, Interrupted if self._answered else Unreachable):
            answer = await self._session.request(method, url, headers=sent, data=body, allow_redirects=False)
        self._answered = True
        async with answer:
            if answer.status in _PASSING:
                raise Interrupted(f"{url.host} answers {answer.status} {answer.reason}")
            yield Response(answer)

    async def _authorize(self, url: URL, host: str, challenge: str) -> None:
        scheme, _, rest = challenge.partition(" ")
        basic = self._credentials.basic_header(host)
        if scheme.lower() == "basic" and basic:
            self._authorization[host] = basic
        if scheme.lower() == "bearer":
            self._authorization[host] = f"Bearer {await self._token(url, host, dict(_PARAMETER.findall(rest)))}"

    async def _token(self, url: URL, host: str, challenge: Mapping[str, str]) -> str:
        realm = _resolved(url, challenge.get("realm", ""))
        basic, key = self._credentials.basic_header(host), self._credentials.keys.get(host)
        if key and not basic:
            target, authorization = signed(key, realm, challenge)
        else:
            query = {name: challenge[name] for name in ("service", "scope") if name in challenge}
            target, authorization = realm.update_query(query), basic or ""
        headers = {"Authorization": authorization} if authorization else {}
        async with self._send("GET", target, headers, None) as response:
            body = await response.read()
        try:
            document = orjson.loads(body) if response.status == 200 else {}
            return str(document.get("token") or document["access_token"])
        except (orjson.JSONDecodeError, KeyError, AttributeError, TypeError) as error:
            raise RegistryError(f"{realm.host} issued no token to access {url.host} with") from error


def _resolved(url: URL, location: str) -> URL:
    """Where a redirect leads. Raises RegistryError where that is by another scheme."""
    target = url.join(URL(location, encoded=True))
    if target.scheme != url.scheme:
        raise RegistryError(f"{url.host} redirects from {url.scheme} to {target.scheme}, which is not followed")
    return target


class _networking:  # noqa: N801 - used as a statement
    """Turns the HTTP library's errors into Interrupted, or what kind of it is given."""

    def __init__(self, url: URL, kind: type[Interrupted] = Interrupted) -> None:
        self._host = (url.host or "") if url.is_default_port() else url.authority
        self._kind = kind

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, NotPublic):
            raise RegistryError(f"the registry redirects to {self._host}, which is not on the internet") from error
        if isinstance(error, aiohttp.ClientError | TimeoutError | OSError):
            raise self._kind(plainly(self._host, error)) from error


def plainly(host: str, error: BaseException) -> str:
    """What went wrong on the way to a host, for somebody who knows nothing of sockets."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    match cause:
        case ssl.SSLCertVerificationError():
            return f"the certificate of {host} is not valid: {cause.verify_message}"
        case ssl.SSLError():
            return f"{host} does not speak HTTPS; --insecure allows HTTP"
        case ConnectionRefusedError():
            return f"can't reach {host}: nothing listens on this port"
        case socket.gaierror():
            return f"can't reach {host}: is this machine online?"
        case TimeoutError():
            return f"{host} does not answer: is this machine online?"
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientPayloadError() | ConnectionError():
            return f"the connection to {host} broke off"
        case OSError(strerror=str(words)):
            return f"can't reach {host}: {words}"
        case _:
            return f"{host}: {cause or type(cause).__name__}"
