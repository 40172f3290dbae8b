"""Which hosts are this machine."""

import ipaddress
import re
import socket


def is_loopback(host: str) -> bool:
    """Whether a server bound to `host` can be reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_local(host: str) -> bool:
    """Whether a Host header names this machine. A web page that had its name rebound to it names itself."""
    name = re.sub(r":\d+$", "", host).strip("[]").lower()
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name in ("", "localhost", socket.gethostname().lower()) or name.endswith(
            (".localhost", ".local", ".internal")
        )
    return True
