"""The files of the page, as they are in the package: each read once, with its type, digest and compressed form."""

import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent / "static"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
"""What is served, by the ends of names. Nothing else in the folder is."""


@dataclass(frozen=True)
class File:
    """One file, whole in memory."""

    content: bytes
    media_type: str

    @cached_property
    def tag(self) -> str:
        """What a browser asks whether it has the file by."""
        return f'"{hashlib.sha256(self.content).hexdigest()[:32]}"'

    @cached_property
    def compressed(self) -> bytes:
        """The file as gzip."""
        import gzip

        return gzip.compress(self.content, 6, mtime=0)


@lru_cache(maxsize=1)
def names() -> frozenset[str]:
    """All files there are, by their paths in the folder."""
    found = (path for path in FOLDER.rglob("*") if path.suffix in TYPES and path.is_file())
    return frozenset(path.relative_to(FOLDER).as_posix() for path in found)


@lru_cache(maxsize=256)
def read(name: str) -> File | None:
    """The file of that name; None where there is none. A name that is not in the list is not looked for on disk."""
    if name not in names():
        return None
    path = FOLDER / name
    return File(path.read_bytes(), TYPES[path.suffix])
