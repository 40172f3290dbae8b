"""Which addresses of the network are public: the rest belong to this machine, its network, or nobody.

The lists are IANA's registries of special-purpose addresses. Python's `is_global` follows them, but as each version
of Python knew them.
"""

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

SPECIAL_IPV4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/3",  # multicast, what is reserved, and broadcast
        ),
    )
)
GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
"""What of IPv6 has been given out for use on the internet."""
SPECIAL_IPV6 = tuple(
    map(
        ipaddress.IPv6Network,
        ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"),
    )
)
"""What of it has another use; Teredo and 6to4, too, which lead to IPv4 addresses that stand inside of them."""
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""RFC 6052: IPv6 addresses whose last four bytes are a public IPv4 address."""


def is_public(address: Address) -> bool:
    """Whether the address is of a machine on the internet."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped
        if inner is None and address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is None:
            return address in GLOBAL_UNICAST and not any(address in network for network in SPECIAL_IPV6)
        address = inner
    return not any(address in network for network in SPECIAL_IPV4)
