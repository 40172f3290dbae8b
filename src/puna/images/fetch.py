"""Fetches pictures from the web and nowhere else: no request may make the server look around its own network."""

import asyncio
import ipaddress
import socket
from functools import partial
from typing import Any

import aiohttp
from yarl import URL

from puna import __version__
from puna.core.addresses import Address, is_public
from puna.core.errors import InvalidRequest

MOST_BYTES = 20 * 1024 * 1024
MOST_REDIRECTS = 5
SECONDS = 15.0
"""For everything: finding the host, redirects, and the last byte."""


class Refused(OSError):
    """The address is not one to be fetched from. The text says why. An `OSError` passes through aiohttp's connecting
    as the cause of the error it raises."""


class Fetcher:
    """Fetches from public addresses, and from the `allowed` hosts and networks (`*` for any)."""

    def __init__(self, allowed: tuple[str, ...] = ()) -> None:
        self._rules = Rules(allowed)

    async def fetch(self, url: str, path: str) -> bytes:
        """The bytes at that address; `path` names the field for the error.

        Raises:
            InvalidRequest: they can't be had, or must not be.
        """
        try:
            async with asyncio.timeout(SECONDS):
                return await self._fetch(URL(url))
        except Refused as error:
            reason = str(error)
        except TimeoutError:
            reason = f"it took longer than {SECONDS:g} seconds"
        except (aiohttp.ClientError, OSError, ValueError) as error:
            refused = error.__cause__ if isinstance(error.__cause__, Refused) else None
            reason = str(refused) if refused else f"{type(error).__name__}: {error}"
        message = f"Invalid '{path}': the image at {url[:200]} could not be fetched: {reason}."
        raise InvalidRequest(message, param=path, code="invalid_image_url")

    async def _fetch(self, url: URL) -> bytes:
        headers = {"User-Agent": f"puna/{__version__}", "Accept": "image/*"}
        for _ in range(MOST_REDIRECTS + 1):
            if url.scheme not in ("http", "https") or not url.raw_host:
                raise Refused("only http and https addresses are fetched")
            # What is vetted is the address of each socket that is opened, however the URL's host was written.
            connector = aiohttp.TCPConnector(socket_factory=partial(self._rules.open, url.raw_host))
            async with (
                aiohttp.ClientSession(connector=connector, headers=headers, trust_env=False) as session,
                session.get(url, allow_redirects=False) as response,
            ):
                if response.status not in (301, 302, 303, 307, 308):
                    return await read(response)
                url = url.join(URL(response.headers.get("Location", "")))
        raise Refused(f"there were more than {MOST_REDIRECTS} redirects")


async def read(response: aiohttp.ClientResponse) -> bytes:
    """The body, given up as soon as it is too long."""
    if response.status != 200:
        raise Refused(f"the server answered with status {response.status}")
    body = bytearray()
    async for block in response.content.iter_any():
        body += block
        if len(body) > MOST_BYTES:
            raise Refused(f"it has more than {MOST_BYTES} bytes")
    return bytes(body)


class Rules:
    """Which addresses may be fetched from."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        self._any = "*" in allowed
        self._hosts = {entry.lower() for entry in allowed}
        self._networks = [network for entry in allowed if (network := as_network(entry))]

    def open(self, host: str, place: tuple[Any, ...]) -> socket.socket:
        """A socket for that place, as `getaddrinfo` tells of it. Raises `Refused`."""
        family, kind, protocol, _, address = place
        self.check(host, ipaddress.ip_address(address[0].partition("%")[0]))
        return socket.socket(family, kind, protocol)

    def check(self, host: str, address: Address) -> None:
        """Raises `Refused` for an address of this machine or its network."""
        if self._any or host.lower() in self._hosts:
            return
        if any(address in network for network in self._networks):
            return
        if not is_public(address):
            raise Refused(f"{host} is not a public address; PUNA_IMAGE_HOSTS can allow it")


def as_network(entry: str) -> Any:
    """An address or a network, None if the entry is a name."""
    try:
        return ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return None
