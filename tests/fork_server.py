"""Processes for tests that start at once: one that has imported Puna, and forks for each.

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
from importlib import import_module
from pathlib import Path

import psutil

LONGEST_ORDER = 2**18
"""How many bytes the arguments and environment of a server may take."""


ROOT = Path(__file__).parents[1]
SERVER = ("uvicorn", "puna.cli.commands.serve", "puna.server")
PROGRAM = (*SERVER, "openai", "ollama", "puna.embedded.core", "puna.embedded.transports", "puna.embedded.serving")
"""What a process imports before it forks: for `puna serve`, and for programs with clients in them."""


class ForkServer:
    """The process that forks, once it has imported those modules. It ends with this one, when its channel does."""

    def __init__(self, modules: tuple[str, ...]) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-m", "tests.fork_server", str(theirs.fileno()), *modules]
            self._process = subprocess.Popen(
                command, cwd=ROOT, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
            )

    def start(self, arguments: list[str], environment: Mapping[str, str], output: int, errors: int) -> psutil.Process:
        """Run `puna` with those arguments in a new process, which writes to those descriptors; or, behind `-c`, the
        text of a program."""
        order = json.dumps({"arguments": arguments, "environment": dict(environment)}).encode()
        socket.send_fds(self._channel, [order], [output, errors])
        return psutil.Process(int(self._channel.recv(64)))


@cache
def fork_server(modules: tuple[str, ...] = SERVER) -> ForkServer:
    """The one of this process that has imported those modules."""
    return ForkServer(modules)


def serve(channel: socket.socket) -> None:
    """Fork for each order that comes."""
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
    if arguments[0] == "-c":
        program = compile(arguments[1], "<string>", "exec")
        sys.argv = ["-c", *arguments[2:]]
        os.chdir(environment["HOME"])
        exec(program, sys.modules["__main__"].__dict__)  # noqa: S102 - it is a test's
    else:
        sys.argv = ["puna", *arguments]
        app()


if __name__ == "__main__":
    for module in sys.argv[2:]:
        import_module(module)
    serve(socket.socket(fileno=int(sys.argv[1])))
