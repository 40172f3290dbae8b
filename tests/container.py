"""Builds the image and asks what runs in it: `python -m tests.container`, with docker, podman or buildah.

`BUILD_OPTIONS` are further options for the build: a registry's certificates, for instance.
"""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

ROOT = Path(__file__).parents[1]
IMAGE = "localhost/puna-test"
PORT = 18434
SECONDS = 120


def tool() -> str:
    """The first container tool that can build here."""
    for name in ("docker", "podman", "buildah"):
        asked = [name, "images" if name == "buildah" else "info"]
        if shutil.which(name) and subprocess.run(asked, capture_output=True, check=False).returncode == 0:
            return name
    sys.exit("no container tool works here: docker, podman or buildah")


def build(name: str) -> None:
    options = shlex.split(os.environ.get("BUILD_OPTIONS", ""))
    subprocess.run([name, "build", *options, "-t", IMAGE, str(ROOT)], check=True)


def start(name: str) -> "subprocess.Popen[bytes]":
    """The server in a container; buildah has no ports of its own, and shares this machine's."""
    if name != "buildah":
        command = [name, "run", "--rm", "-p", f"127.0.0.1:{PORT}:11434", IMAGE]
        return subprocess.Popen(command)
    container = subprocess.check_output([name, "from", "--pull=never", IMAGE], text=True).strip()
    options = ["--isolation", "chroot", "--user", "puna", "--env", f"PUNA_HOST=127.0.0.1:{PORT}"]
    return subprocess.Popen([name, "run", *options, container, "--", "puna", "serve"])


def ask() -> str:
    """What `tiny` says, as soon as the server is there."""
    body = {"model": "tiny", "messages": [{"role": "user", "content": "Say this is a test"}]}
    request = Request(f"http://127.0.0.1:{PORT}/v1/chat/completions", json.dumps(body).encode())
    end = time.monotonic() + SECONDS
    while True:
        try:
            with urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - this machine
                return str(json.load(answer)["choices"][0]["message"]["content"])
        except (URLError, ConnectionError):
            if time.monotonic() > end:
                raise
            time.sleep(0.5)


def main() -> None:
    name = tool()
    build(name)
    running = start(name)
    try:
        said = ask()
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(60)
    assert said == "This is a test.", said
    print(f"{name}: the image is built and answers")


if __name__ == "__main__":
    main()
