"""Debian's docker-registry on loopback: a registry that somebody else wrote."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

PROGRAM = shutil.which("docker-registry")
CONFIGURATION = """
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {folder}}}}}
http: {{addr: "{address}"}}
"""

needs_registry = pytest.mark.skipif(PROGRAM is None, reason="Debian's docker-registry is not installed")


@contextmanager
def docker_registry(folder: Path) -> Iterator[str]:
    """The address of a registry that is empty."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    configuration = folder / "registry.yml"
    configuration.write_text(CONFIGURATION.format(folder=folder / "registry", address=address))
    process = subprocess.Popen([PROGRAM or "", "serve", str(configuration)])
    try:
        until_it_answers(address)
        yield address
    finally:
        process.kill()
        process.wait()


def until_it_answers(address: str) -> None:
    """Wait for a registry that has just been started."""
    given_up = time.monotonic() + 120
    while True:
        try:
            httpx2.get(f"http://{address}/v2/", trust_env=False)
            return
        except httpx2.TransportError:
            assert time.monotonic() < given_up
            time.sleep(0.05)
