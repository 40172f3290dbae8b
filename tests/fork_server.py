"""Servers for tests that start at once: a process that has imported Puna, and forks for each.

`python -m puna serve` takes half a second of processor time to import what it needs, and the tests start a hundred
servers. Each is a process of its own all the same, with its own home, port and engines.
"""

import gc
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import psutil

LONGEST_ORDER = 2**18
"""How many bytes the arguments and environment of a server may take."""


ROOT = Path(__file__).parents[1]


class ForkServer:
    """The process that forks. It ends when its channel is closed: with this process."""

    def __init__(self) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-m", "tests.fork_server", str(theirs.fileno())]
            self._process = subprocess.Popen(
                command, cwd=ROOT, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
            )

    def start(self, arguments: list[str], environment: Mapping[str, str], output: int, errors: int) -> psutil.Process:
        """Run `puna` with those arguments in a new process, which writes to those descriptors."""
        order = json.dumps({"arguments": arguments, "environment": dict(environment)}).encode()
        socket.send_fds(self._channel, [order], [output, errors])
        return psutil.Process(int(self._channel.recv(64)))


@cache
def fork_server() -> ForkServer:
    """The one of this process."""
    return ForkServer()


def serve(channel: socket.socket) -> None:
    """Fork for each order that comes."""
    import uvicorn  # noqa: F401

    import puna.cli.commands.serve
    import puna.server  # noqa: F401

    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the servers here
    while True:
        order, descriptors, _, _ = socket.recv_fds(channel, LONGEST_ORDER, 2)
        if not order:
            return
        if child := os.fork():
            for descriptor in descriptors:
                os.close(descriptor)
            channel.send(str(child).encode())
        else:
            channel.close()
            become(**json.loads(order), descriptors=descriptors)
            return


def become(arguments: list[str], environment: dict[str, str], descriptors: list[int]) -> None:
    """Be `puna` with those arguments."""
    from puna.cli import app

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(environment)
    for descriptor, place in zip((os.open(os.devnull, os.O_RDONLY), *descriptors), (0, 1, 2), strict=True):
        os.dup2(descriptor, place)
        os.close(descriptor)
    sys.argv = ["puna", *arguments]
    app()


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
