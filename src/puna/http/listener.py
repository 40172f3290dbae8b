"""The sockets that servers listen on."""

import os
import socket


def listen(host: str, port: int, backlog: int = 128) -> socket.socket:
    """A listening socket. Raises OSError where the address can't be had, for one because the port is taken.

    It names its protocol, as those that it accepts then do, too: without it asyncio leaves Nagle's algorithm on, and
    each answer waits for 40 ms.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":  # on Windows it would let another program have the same port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(backlog)
    except BaseException:
        listener.close()
        raise
    return listener
