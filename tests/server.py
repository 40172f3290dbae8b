"""A real Puna server for tests: its own process, a free port, a temporary home."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a test that starts no server does without its clients
    import httpx2
    import ollama
    import openai
    import psutil


UNENCRYPTED = False
"""Clients without encryption need no certificates: reading them takes 24 ms of processor time for each client."""


@dataclass
class RunningServer:
    """A server that listens. `url` has no slash at its end."""

    process: subprocess.Popen[str]
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

    def engines(self) -> "list[psutil.Process]":
        """The engines' processes. The server has others, which compile grammars."""
        import psutil

        found = []
        for process in psutil.Process(self.process.pid).children(recursive=True):
            with suppress(psutil.Error):  # it has ended meanwhile
                if any(word.startswith("puna.engines.") for word in process.cmdline()):
                    found.append(process)
        return found


StartServer = Callable[..., RunningServer]
"""Starts a server with environment variables given as keywords."""


@contextmanager
def running_server(home: Path, *, launcher: Sequence[str] = (), **environment: str) -> Iterator[RunningServer]:
    """`puna serve` with that home and those variables, started by that command, ended when the context is left."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PUNA_", "OLLAMA_"))}
    home.mkdir(parents=True, exist_ok=True)
    log = home / "server.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [*launcher, sys.executable, "-m", "puna", "serve", "--port", "0"],
            env={**clean, "PUNA_HOME": str(home), **environment},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        assert process.stdout is not None
        announcement = process.stdout.readline()
        assert announcement.startswith("Puna listens on "), log.read_text()
        yield RunningServer(process, announcement.split()[-1], home, log)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        process.stdout.close()  # type: ignore[union-attr]
