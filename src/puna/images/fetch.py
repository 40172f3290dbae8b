"""Fetches pictures from the web and nowhere else: no request may make the server look around its own network."""

import asyncio
import ipaddress
import socket
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from puna import __version__
from puna.core.errors import InvalidRequest

MOST_BYTES = 20 * 1024 * 1024
MOST_REDIRECTS = 5
SECONDS = 15.0
"""For everything: finding the host, redirects, and the last byte."""
NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""RFC 6052: IPv6 addresses whose last four bytes are an IPv4 address."""
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Refused(OSError):
    """The address is not one to be fetched from. The text says why. An `OSError` passes through aiohttp's resolving
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
                return await self._fetch(url)
        except Refused as error:
            reason = str(error)
        except TimeoutError:
            reason = f"it took longer than {SECONDS:g} seconds"
        except (aiohttp.ClientError, OSError, ValueError) as error:
            refused = error.__cause__ if isinstance(error.__cause__, Refused) else None
            reason = str(refused) if refused else f"{type(error).__name__}: {error}"
        message = f"Invalid '{path}': the image at {url[:200]} could not be fetched: {reason}."
        raise InvalidRequest(message, param=path, code="invalid_image_url")

    async def _fetch(self, url: str) -> bytes:
        # Every connection goes through the resolver, so what was vetted is what is connected to.
        connector = aiohttp.TCPConnector(resolver=VettedResolver(self._rules), use_dns_cache=False)
        headers = {"User-Agent": f"puna/{__version__}", "Accept": "image/*"}
        async with aiohttp.ClientSession(connector=connector, headers=headers, trust_env=False) as session:
            for _ in range(MOST_REDIRECTS + 1):
                self._rules.check_url(url)
                async with session.get(url, allow_redirects=False) as response:
                    if response.status not in (301, 302, 303, 307, 308):
                        return await read(response)
                    url = urljoin(url, response.headers.get("Location", ""))
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

    def check_url(self, url: str) -> None:
        """The parts of an address that no resolver sees. Raises `Refused`."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Refused("only http and https addresses are fetched")
        try:
            literal = ipaddress.ip_address(parts.hostname)
        except ValueError:
            return
        self.check(parts.hostname, literal)

    def check(self, host: str, address: Address) -> None:
        """Raises `Refused` for an address of this machine or its network."""
        if self._any or host.lower() in self._hosts:
            return
        if any(address in network for network in self._networks):
            return
        inner = embedded(address)
        if not inner.is_global or inner.is_multicast:
            raise Refused(f"{host} is not a public address; PUNA_IMAGE_HOSTS can allow it")


class VettedResolver(AbstractResolver):
    """Resolves names, and gives out only addresses that may be connected to."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._resolver = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        results = await self._resolver.resolve(host, port, family)
        for result in results:
            self._rules.check(host, ipaddress.ip_address(result["host"].partition("%")[0]))
        return results

    async def close(self) -> None:
        await self._resolver.close()


def as_network(entry: str) -> Any:
    """An address or a network, None if the entry is a name."""
    try:
        return ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return None


def embedded(address: Address) -> Address:
    """The IPv4 address inside of an IPv6 one, where there is one; it is where the packets go."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
