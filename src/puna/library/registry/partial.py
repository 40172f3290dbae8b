"""What came of a blob so far, so that a further try goes on where the last one ended."""

import errno
import os
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self

from puna.library.staging import place

BLOCK = 1 << 20  # bytes; what is lost at most of each stream when a process is killed


class Partial:
    """A file of the blob's size, and a journal beside it with one byte for each block that is there.

    A block is written before its byte. After a power cut a byte may stand for a block that never reached the
    disk; the digest of the whole, which is checked before anyone sees the blob, finds that. `completed` is
    how many bytes are there.
    """

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        self.size = size
        self._journal_path = path.with_name(path.name + ".journal")
        self._blocks = -(-size // BLOCK)

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file, self._journal = _opened(self.path), _opened(self._journal_path)
        if _size(self._file) != self.size or _size(self._journal) != self._blocks:
            for file, length in ((self._journal, 0), (self._file, 0), (self._file, self.size)):
                file.truncate(length)
            self._journal.truncate(self._blocks)
        self._there = bytearray(self._journal.read())
        self.completed = sum(self._length(block) for block, there in enumerate(self._there) if there)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._journal.close()

    def missing(self, most: int) -> list[range]:
        """The bytes that are not there, as ranges of at most `most` bytes that begin and end with a block."""
        ranges: list[range] = []
        for block, there in enumerate(self._there):
            if there:
                continue
            start, stop = block * BLOCK, block * BLOCK + self._length(block)
            if ranges and ranges[-1].stop == start and stop - ranges[-1].start <= most:
                ranges[-1] = range(ranges[-1].start, stop)
            else:
                ranges.append(range(start, stop))
        return ranges

    def write(self, block: int, content: bytes) -> None:
        """Keep a whole block."""
        self._file.seek(block * BLOCK)
        if self._file.write(content) != len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        self._journal.seek(block)
        self._journal.write(b"\1")
        self._there[block] = 1
        self.completed += len(content)

    def sync(self) -> None:
        """Wait until it is on the disk."""
        os.fsync(self._file.fileno())

    def finish(self, target: Path) -> None:
        """Give the complete blob its name."""
        place(self.path, target)
        self._journal_path.unlink()

    def discard(self) -> None:
        """Forget all that came."""
        self.path.unlink(missing_ok=True)
        self._journal_path.unlink(missing_ok=True)

    def _length(self, block: int) -> int:
        return min(BLOCK, self.size - block * BLOCK)


def _opened(path: Path) -> FileIO:
    return FileIO(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644), "r+")


def _size(file: FileIO) -> int:
    return os.fstat(file.fileno()).st_size
