"""The server that a launched program uses: the one that runs, else one for as long as the program."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from puna.cli.client.client import Client, CommandFailed, connected

LOG = "launch.log"
"""Where in the home the server's log is: the terminal belongs to the program."""
END_SECONDS = 20.0


@contextmanager
def server() -> Iterator[Client]:
    """A client of the server at PUNA_HOST. Where none is up, and it would be on this machine, one is started, and
    ended with the context. Raises CommandFailed."""
    with connected() as client:
        if client.runs:
            yield client
            return
        home = client.settings.home
    home.mkdir(parents=True, exist_ok=True)
    with (home / LOG).open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "puna", "serve"],
            stdout=subprocess.PIPE,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is the program's
            text=True,
        )
        try:
            assert process.stdout
            if not process.stdout.readline().startswith("Puna listens on "):
                raise CommandFailed(f"the server did not start: see {home / LOG}")
            with connected(server=True) as client:
                yield client
        finally:
            end(process)


def end(process: subprocess.Popen[str]) -> None:
    """End a server and wait for it; what it still does is not wanted any more."""
    process.send_signal(signal.SIGINT if os.name != "nt" else signal.SIGTERM)
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
