"""Processes for tests that start at once: one that has imported Puna, and forks for each.

`python -m puna serve` takes half a second of processor time to import what it needs, and the tests start a hundred
servers and run a hundred commands. Each is a process of its own all the same, with its own home, port and engines.
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
from tempfile import TemporaryFile
from typing import IO

import psutil

from tests.forking import IMPORTED, fork_children

LONGEST_ORDER = 2**18
"""How many bytes the arguments and environment of a server may take."""


ROOT = Path(__file__).parents[1]
SERVER = (
    *("uvicorn.lifespan.on", "uvicorn.loops.auto", "uvicorn.loops.uvloop", "uvicorn.protocols.websockets.auto"),
    *("aiohttp", "filelock", "numpy", "encodings.idna"),
    *("puna.server", "puna.serving.connection", "puna.serving.shutdown", "puna.serving.descriptors"),
    *("puna.observation.log", "puna.engines.process.client", "puna.engines.llama.engine", "puna.images.load"),
    *("puna.engines.encoder.engine", "psutil"),
    *(f"puna.api.ollama.{name}" for name in ("chat", "embeddings", "generate", "models", "summary")),
    *(f"puna.cli.commands.{name}" for name in ("serve", "models", "create", "show", "registry", "run", "running")),
    *("puna.cli.client.mounted", "puna.cli.client.network", "puna.cli.client.tags", "puna.library.template.go"),
    *("puna.library.template.renderers", "puna.library.capabilities", "puna.state.stores"),
    *("puna.state.conversations", "puna.state.responses", "puna.api.description"),
    *(f"puna.api.{dialect}.description" for dialect in ("anthropic", "ollama", "openai")),
    *IMPORTED,
)
PROGRAM = (*SERVER, "openai", "ollama", "puna.embedded.core", "puna.embedded.transports", "puna.embedded.serving")
"""What a process imports before it forks: for the command `puna`, and for programs with clients in them."""


class ForkServer:
    """The process that forks, once it has imported those modules. It ends with this one, when its channel does."""

    def __init__(self, modules: tuple[str, ...]) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-m", "tests.fork_server", str(theirs.fileno()), *modules]
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # what forks has one thread
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )

    def start(self, arguments: list[str], environment: Mapping[str, str], output: int, errors: int) -> psutil.Process:
        """Run `puna` with those arguments in a new process, which writes to those descriptors; or, behind `-c`, the
        text of a program."""
        with open(os.devnull, "rb") as nothing:
            return psutil.Process(self._fork(arguments, environment, None, [nothing.fileno(), output, errors]))

    def run(
        self, arguments: list[str], environment: Mapping[str, str], folder: Path, stdin: str
    ) -> "subprocess.CompletedProcess[str]":
        """Run `puna` with those arguments to its end, in that folder. Its exit code is -9 where a signal ended it."""
        with TemporaryFile() as given, TemporaryFile() as output, TemporaryFile() as errors:
            given.write(stdin.encode())
            given.seek(0)
            reading, writing = os.pipe()
            with os.fdopen(reading) as ending, os.fdopen(writing, "w") as end:
                streams = [stream.fileno() for stream in (given, output, errors, end)]
                self._fork(arguments, environment, folder, streams)
                end.close()
                code = int(ending.read() or -signal.SIGKILL)
            return subprocess.CompletedProcess(arguments, code, text(output), text(errors))

    def _fork(
        self, arguments: list[str], environment: Mapping[str, str], folder: Path | None, descriptors: list[int]
    ) -> int:
        order = {"arguments": arguments, "environment": dict(environment), "folder": folder and str(folder)}
        socket.send_fds(self._channel, [json.dumps(order).encode()], descriptors)
        return int(self._channel.recv(64))


def text(stream: IO[bytes]) -> str:
    """What was written to a file."""
    stream.seek(0)
    return stream.read().decode()


@cache
def fork_server(modules: tuple[str, ...] = SERVER) -> ForkServer:
    """The one of this process that has imported those modules."""
    return ForkServer(modules)


def serve(channel: socket.socket) -> None:
    """Fork for each order that comes."""
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the servers here
    while True:
        order, descriptors, _, _ = socket.recv_fds(channel, LONGEST_ORDER, 4)
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


def become(arguments: list[str], environment: dict[str, str], folder: str | None, descriptors: list[int]) -> None:
    """Be `puna` with those arguments. Its exit code is written to the fourth descriptor, where there is one."""
    from puna.cli import app

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(environment)
    streams, ending = descriptors[:3], descriptors[3:]
    for descriptor, place in zip(streams, (0, 1, 2), strict=True):
        os.dup2(descriptor, place)
        os.close(descriptor)
    if folder:
        os.chdir(folder)
    if arguments[:1] == ["-c"]:
        program = compile(arguments[1], "<string>", "exec")
        sys.argv = ["-c", *arguments[2:]]
        os.chdir(environment["HOME"])
        exec(program, sys.modules["__main__"].__dict__)  # noqa: S102 - it is a test's
        return
    sys.argv = ["puna", *arguments]
    if arguments[:1] == ["serve"] and sys.platform == "linux":
        fork_children()
    code: object = 1
    try:
        app()
        code = 0
    except SystemExit as end:
        code = end.code or 0
        raise
    finally:
        for descriptor in ending:
            os.write(descriptor, str(code).encode())


def prepare() -> None:
    """Make what `puna serve` makes before it serves."""
    from puna.api.endpoint import import_all
    from puna.http.body import Body, build

    import_all()
    build(Body)


if __name__ == "__main__":
    for module in sys.argv[2:]:
        import_module(module)
    prepare()
    serve(socket.socket(fileno=int(sys.argv[1])))
