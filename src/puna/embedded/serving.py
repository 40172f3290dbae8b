"""The server of this process on a port, for other processes and languages."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from puna.embedded.core import core_of
from puna.http.inprocess import InProcess
from puna.http.listener import listen


@dataclass(frozen=True, slots=True)
class Server:
    """A server that listens. `base_url` is what an OpenAI client takes, `url` has neither a path nor a slash."""

    url: str

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1/"


@contextmanager
def serve(port: int = 0, *, host: str = "127.0.0.1", path: str | os.PathLike[str] | None = None) -> Iterator[Server]:
    """Serve while the context is open: `with puna.serve() as server:`. Port 0 takes a free one.

    It is the server that `puna.OpenAI(path=…)` speaks to in this process. Raises OSError where the port is taken.
    """
    with listen(host, port) as listener:
        core = core_of(path)
        with listening(core, listener):
            name, number = listener.getsockname()[:2]
            yield Server(f"http://{f'[{name}]' if ':' in name else name}:{number}")


@contextmanager
def listening(core: InProcess, listener: socket.socket) -> Iterator[None]:
    """Have the application answer on a socket as well."""
    import uvicorn

    config = uvicorn.Config(
        core.app, lifespan="off", log_level="warning", access_log=False, server_header=False, ws="websockets-sansio"
    )
    server = uvicorn.Server(config)
    serving = core.run(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        if core.alive:  # a child of a fork leaves the context as well, and there nobody serves
            serving.result()
