"""Which hosts are this machine."""

import ipaddress
import re
import socket
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import lru_cache

HOST = re.compile(r"([\w.-]*|\[[\w:.]+\])(:\d*)?", re.ASCII)


def is_host(host: str) -> bool:
    """Whether a Host header has nothing in it but a name or an address, and a port. What follows a `/` or `?` in it
    would be a part of the path where the two are put together."""
    return HOST.fullmatch(host) is not None


def is_loopback(host: str) -> bool:
    """Whether a server bound to `host` can be reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def name_of(host: str) -> str:
    """The name or address of a Host header, without its port."""
    return re.sub(r":\d+$", "", host).strip("[]").lower()


def is_known(host: str, names: Iterable[str]) -> bool:
    """Whether a Host header names a server that other machines can reach: by an address, by a name that no web page
    can have (one without a dot), or by one of the `names`, in which `*` is anything."""
    name = name_of(host)
    return is_local(host) or "." not in name or any(fnmatchcase(name, known.lower()) for known in names)


def is_local(host: str) -> bool:
    """Whether a Host header names this machine. A web page that had its name rebound to it names itself."""
    name = name_of(host)
    if is_address(name):
        return True
    own = name in ("", "localhost", socket.gethostname().lower())
    return own or name.endswith((".localhost", ".local", ".internal"))


@lru_cache(64)
def is_address(name: str) -> bool:
    """Whether a name is an address. Every request asks, and mostly the same."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
