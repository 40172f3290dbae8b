"""The digest of a blob or a manifest: the name of its content."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from puna.core.errors import InvalidRequest

_WRITTEN = re.compile(r"sha256[:-]([0-9a-fA-F]{64})")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """A SHA-256 digest; `hex` is its 64 lower-case hexadecimal digits."""

    hex: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `sha256:…`, or `sha256-…` as the store names files. Raises InvalidRequest otherwise."""
        match = _WRITTEN.fullmatch(text)
        if match is None:
            raise InvalidRequest(f"invalid digest {text!r}: it has to be 'sha256:' and 64 hexadecimal digits")
        return cls(match[1].lower())

    @classmethod
    def of(cls, content: bytes) -> Self:
        """The digest of `content`."""
        return cls(hashlib.sha256(content).hexdigest())

    @classmethod
    def of_file(cls, path: Path, progress: Callable[[int], None] | None = None) -> Self:
        """The digest of a file's content. `progress` is called with the number of bytes read each time."""
        hasher = hashlib.sha256()
        with path.open("rb", buffering=0) as file:
            while chunk := file.read(_CHUNK):
                hasher.update(chunk)
                if progress is not None:
                    progress(len(chunk))
        return cls(hasher.hexdigest())

    @property
    def filename(self) -> str:
        """The name of the blob's file in the store's `blobs` folder."""
        return f"sha256-{self.hex}"

    def __str__(self) -> str:
        return f"sha256:{self.hex}"
