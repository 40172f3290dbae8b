"""What translated files take on the disk. A list asks for it, so this imports next to nothing."""

import contextlib
import os

MADE = "made.json"
"""The file in a folder of translated files that says how many bytes are theirs."""
SHORT = 16
"""So many digits of a digest are enough to tell the blobs of a store apart."""


def own_bytes(store: str) -> dict[str, int]:
    """The bytes that translated files take beyond their blobs, by the first digits of the blobs' digests."""
    sizes: dict[str, int] = {}
    folder = os.path.join(store, "translated")
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        for name in os.listdir(folder):
            if name.startswith("sha256-"):
                sizes[name.removeprefix("sha256-")[:SHORT]] = _own(os.path.join(folder, name, MADE))
    return sizes


def _own(path: str) -> int:
    import orjson  # few stores have such files

    with contextlib.suppress(OSError, ValueError, KeyError, TypeError), open(path, "rb") as file:
        return int(orjson.loads(file.read())["bytes"])
    return 0
