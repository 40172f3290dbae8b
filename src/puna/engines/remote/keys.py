"""Keys to other servers, read where they are when they are needed, and kept nowhere."""

import os
from pathlib import Path

from puna.core.errors import PeerFailed

MOST_BYTES = 8192


def read_key(place: str | None) -> str | None:
    """The key at `env:VARIABLE` or `file:PATH`. Raises PeerFailed, which names the place."""
    if place is None:
        return None
    kind, _, name = place.partition(":")
    key = os.environ.get(name, "").strip() if kind == "env" else _from_file(Path(name).expanduser())
    if not key:
        where = f"the environment variable {name} is not set" if kind == "env" else "its file is empty"
        raise PeerFailed(f"There is no key for this model's server: {where} where Puna runs.")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise PeerFailed("The key for this model's server is invalid: it has to be one word of ASCII characters.")
    return key


def _from_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES).decode("ascii", "replace").strip()
    except OSError as error:
        raise PeerFailed(f"The file with the key for this model's server can't be read: {error.strerror}.") from error
