"""Where a model runs that runs elsewhere: addresses of servers that speak OpenAI's API."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A server's address and what it calls the model. `url` ends where the paths of OpenAI's API begin, mostly in
    `/v1`. `key` says where the key to it is, `env:VARIABLE` or `file:PATH`, never what it is. Of two servers the one
    with twice the `weight` gets twice the work."""

    url: str
    model: str
    key: str | None = None
    weight: float = 1.0

    @property
    def root(self) -> str:
        """The address without its `/v1`: where a server has what is not OpenAI's."""
        return self.url.removesuffix("/v1")

    @property
    def host(self) -> str:
        """The host, with its port where it says one."""
        return urlsplit(self.url).netloc


def is_local(url: str) -> bool:
    """Whether an address is this machine's own."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """All addresses of one model. `overflow` is how many requests may wait for the engine on this machine, where
    there is one, before others are sent there."""

    addresses: tuple[Address, ...]
    overflow: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How many seconds there may be until there is a connection to a server, how many it may be silent, and how many
    pass between two looks at one that is not asked anything."""

    connect: float = 5.0
    silence: float = 300.0
    check: float = 10.0
