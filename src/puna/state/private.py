"""Folders and files that nobody but their owner may read: what users asked and were answered, keys, histories."""

import os
import stat
from pathlib import Path


def private_folder(path: Path) -> None:
    """Make a folder that only its owner may look into; one that is there, and ours, becomes such a folder."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    narrow(path, 0o700)


def private_file(path: Path) -> None:
    """Make a file that only its owner may read, empty where there is none; one that is there becomes such a file."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    narrow(path, 0o600)


def narrow(path: Path, mode: int) -> None:
    """Take away what rights a path gives beyond the mode. Another user's stays as it is."""
    if os.name == "nt":  # a user's folder is private there
        return
    state = path.stat()
    if state.st_uid == os.geteuid() and stat.S_IMODE(state.st_mode) & ~mode:
        path.chmod(stat.S_IMODE(state.st_mode) & mode)
