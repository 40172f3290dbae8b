"""The process a response is being made in. When it has ended, what it left unfinished stays unfinished.

An owner is written `home/process/start`: several servers may share a database, and each can only tell of the
processes of its own machine, which it knows by an id kept in its home.
"""

import os
import secrets
from collections.abc import Collection
from pathlib import Path

import psutil

from puna.state.private import private_folder

STOPPED = "The server stopped before the response was complete."
"""What is said of a response that its process left unfinished."""


class Owner:
    """This process."""

    def __init__(self, home: Path) -> None:
        self._home = home_id(home / "server-id")
        process = os.getpid()
        self.name = f"{self._home}/{process}/{started(process)}"

    def is_alive(self, owner: str, there: Collection[str] | None = None) -> bool:
        """Whether that process can still finish what it began. Another machine's has to be among those that are
        `there`; where nobody knows who is, it is assumed."""
        home, process, start = owner.split("/")
        if home == self._home:
            return started(int(process)) == start
        return there is None or owner in there


def home_id(path: Path) -> str:
    """The id in the file, which is made where there is none."""
    private_folder(path.parent)
    try:
        with open(path, "x", opener=lambda place, flags: os.open(place, flags, 0o600)) as file:
            file.write(secrets.token_hex(8))
    except FileExistsError:
        pass
    return path.read_text().strip()


def started(process: int) -> str | None:
    """When that process began, None for one that does not run."""
    try:
        return str(psutil.Process(process).create_time())
    except psutil.Error:
        return None
