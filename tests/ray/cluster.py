"""A Ray of the tests' own, small, that serves Puna: started and ended by its processes' numbers."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2
import openai
import psutil

SECONDS = 240.0
"""How long Ray may take to start where others have the processor."""

PATIENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "disabled",
    "RAY_DASHBOARD_STARTUP_TIMEOUT_S": "240",
    "RAY_raylet_start_wait_time_s": "240",
    "RAY_DEFAULT_OBJECT_STORE_MEMORY_PROPORTION": "0.01",
}


@dataclass
class Served:
    """The application. `url` has no slash at its end."""

    url: str
    process: psutil.Process
    log: Path

    def client(self) -> openai.OpenAI:
        """The client that applications use."""
        return openai.OpenAI(base_url=f"{self.url}/v1/", api_key="puna", max_retries=0, timeout=SECONDS)

    def replicas(self, name: str) -> list[psutil.Process]:
        """The processes of a deployment's replicas."""
        found = []
        for process in self.process.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if f"ServeReplica:puna:{name}" in " ".join(process.cmdline()):
                    found.append(process)
        return found


@contextmanager
def serving(binaries: Path, config: str, **environment: str) -> Iterator[Served]:
    """`serve run` with that configuration, which starts a Ray of its own."""
    folder = Path(tempfile.mkdtemp(prefix="ray-"))  # the paths of Ray's sockets have to be short
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PUNA_", "RAY_"))}
    environment = {**clean, **PATIENT, "RAY_TMPDIR": str(folder), **environment}
    port, log, written = free_port(), folder / "log", folder / "serve.yaml"
    written.write_text(f"http_options: {{port: {port}}}\n{config}")
    url = f"http://127.0.0.1:{port}"
    try:
        with started([binaries / "serve", "run", str(written)], log, environment) as serve:
            wait_for(lambda: answers(url), serve, log)
            yield Served(url, psutil.Process(serve.pid), log)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def started(
    command: Sequence[str | Path], log: Path, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs until the end of the context, and all that it has started."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
    family = psutil.Process(process.pid)
    try:
        yield process
    finally:
        children = family.children(recursive=True) if family.is_running() else []
        process.terminate()
        try:
            process.wait(60)
        finally:
            for child in children:
                with suppress(psutil.NoSuchProcess):
                    child.kill()


def wait_for(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when it is ready."""
    end = time.monotonic() + SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > end:
            raise AssertionError(log.read_text()[-4000:])
        time.sleep(0.2)


def answers(url: str) -> bool:
    """Whether the application is up."""
    with suppress(httpx2.HTTPError):
        return httpx2.get(f"{url}/health", trust_env=False).status_code == 200
    return False
