"""A real Puna server for tests: its own process, a free port, a temporary home."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from tests.fork_server import fork_server

if TYPE_CHECKING:  # a test that starts no server does without its clients
    import httpx2
    import ollama
    import openai


THREADS = "1"
"""Of each engine. Two wait for each other: on cores that others use, that takes most of the time to start `tiny`."""
PARALLEL = "2"
"""Requests at once for each model, of tests' own servers. The cache of the usual eight takes half of the time that
`tiny` loads. The server that all tests of a worker share has it ("0")."""
ENGINES = os.environ.get("TEST_ENGINES")
"""The folder of builds (`PUNA_HOME/engines`) whose chosen one the servers use; without it the packaged engine."""
UNENCRYPTED = False
"""Clients without encryption need no certificates: reading them takes 24 ms of processor time for each client."""


@dataclass
class RunningServer:
    """A server that listens. `url` has no slash at its end."""

    process: psutil.Process
    url: str
    home: Path
    log: Path

    def http(self) -> "httpx2.Client":
        """A plain HTTP client."""
        import httpx2

        return httpx2.Client(base_url=self.url, timeout=60, trust_env=False, verify=UNENCRYPTED)

    def client(self) -> "openai.OpenAI":
        """The client applications use. It does not retry, so that a test sees each failure."""
        import openai

        return openai.OpenAI(
            base_url=f"{self.url}/v1/", api_key="unused", max_retries=0, timeout=60, http_client=self.http()
        )

    def async_client(self) -> "openai.AsyncOpenAI":
        """The same for coroutines."""
        import httpx2
        import openai

        http = httpx2.AsyncClient(timeout=60, trust_env=False, verify=UNENCRYPTED)
        return openai.AsyncOpenAI(
            base_url=f"{self.url}/v1/", api_key="unused", max_retries=0, timeout=60, http_client=http
        )

    def ollama(self) -> "ollama.Client":
        """The client of the native API."""
        import ollama

        return ollama.Client(host=self.url, timeout=60, trust_env=False, verify=UNENCRYPTED)

    def engines(self) -> list[psutil.Process]:
        """The engines' processes. The server has others, which compile grammars."""
        found = []
        for process in self.process.children(recursive=True):
            with suppress(psutil.Error):  # it has ended meanwhile
                if any(word.startswith("puna.engines.") for word in process.cmdline()):
                    found.append(process)
        return found


StartServer = Callable[..., RunningServer]
"""Starts a server with environment variables given as keywords."""


@contextmanager
def running_server(
    home: Path, *, launcher: Sequence[str] | None = None, module: str = "puna", **environment: str
) -> Iterator[RunningServer]:
    """`puna serve` with that home and those variables, ended when the context is left.

    It is forked from a process that has imported Puna already, or, where there is a `launcher`, started afresh by
    that command: `()` is Python alone, and runs the `module`.
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PUNA_", "OLLAMA_"))}
    home.mkdir(parents=True, exist_ok=True)
    if ENGINES and not (home / "engines").exists():
        (home / "engines").symlink_to(ENGINES)
    log = home / "server.log"
    reading, writing = os.pipe()
    with os.fdopen(reading) as output:
        with log.open("w") as errors, os.fdopen(writing, "w") as announcing:
            usual = {"PUNA_HOME": str(home), "PUNA_THREADS": THREADS, "PUNA_NUM_PARALLEL": PARALLEL}
            given = {**clean, **usual, **environment}
            process = _start(launcher, module, given, announcing.fileno(), errors.fileno())
        try:
            announcement = output.readline()
            assert announcement.startswith("Puna listens on "), log.read_text()
            yield RunningServer(process, announcement.split()[-1], home, log)
        finally:
            with suppress(psutil.NoSuchProcess):
                process.terminate()
            process.wait(30)


def _start(
    launcher: Sequence[str] | None, module: str, environment: Mapping[str, str], *outputs: int
) -> psutil.Process:
    arguments = ["serve", "--port", "0"]
    if launcher is None:
        return fork_server().start(arguments, environment, *outputs)
    command = [*launcher, sys.executable, "-m", module, *arguments]
    return psutil.Popen(command, env=environment, stdout=outputs[0], stderr=outputs[1])
