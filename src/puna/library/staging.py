"""Where blobs are until a manifest names them."""

import contextlib
import hashlib
import os
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from puna.library.digest import Digest
from puna.library.errors import WrongDigest, storing

_CHUNK = 1 << 20
_FORGOTTEN = 7 * 24 * 3600.0  # seconds after which what nobody came back for is removed

FICLONE = 0x40049409
"""From Linux's <linux/fs.h>: the request that makes a file a copy of another without copying its content."""

Progress = Callable[[int], None]


class Staging:
    """A folder of blobs that are complete, verified and on the disk, but belong to no model yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, digest: Digest) -> Path:
        """The file that holds a staged blob, or would."""
        return self.folder / digest.filename

    def partial(self, digest: Digest) -> Path:
        """The file that holds what came of a blob so far."""
        return self.folder / f"{digest.filename}.partial"

    def write(self, content: bytes) -> Path:
        """Write content to a file of its own. Raises StoreFailed."""
        with self._draft() as path:
            with path.open("wb") as file:
                file.write(content)
                sync(file.fileno())
            return path

    def add(self, content: bytes) -> Digest:
        """Stage a small blob. Raises StoreFailed."""
        digest = Digest.of(content)
        place(self.write(content), self.path(digest))
        return digest

    def add_stream(self, chunks: Iterable[bytes], expected: Digest | None = None) -> Digest:
        """Stage what `chunks` hold together.

        Raises StoreFailed where it can't be written, WrongDigest where it is not what `expected` says.
        """
        hasher = hashlib.sha256()
        with self._draft() as path:
            with path.open("wb") as file:
                for chunk in chunks:
                    hasher.update(chunk)
                    file.write(chunk)
                sync(file.fileno())
            digest = Digest(hasher.hexdigest())
            if expected is not None and digest != expected:
                raise WrongDigest(f"the content's digest is {digest}, not {expected}")
            place(path, self.path(digest))
        return digest

    def add_file(self, source: Path, progress: Progress | None = None) -> Digest:
        """Stage a copy of a file. `progress` gets the number of bytes each time. Raises StoreFailed."""
        return self.add_stream(_chunks(source, progress))

    def clone_file(self, source: Path, digest: Digest) -> None:
        """Stage a copy of a file, which shares its content with it where the file system can do that (Btrfs, XFS)
        and is a file of its own in any case: whoever writes to one does not change the other. Raises StoreFailed."""
        if self.path(digest).exists():
            return
        with self._draft() as path:
            if not cloned(source, path):
                self.add_file(source)
                return
            place(path, self.path(digest))

    def prune(self) -> None:
        """Remove what has lain here for a week."""
        for path in list(self.folder.iterdir()) if self.folder.is_dir() else []:
            with contextlib.suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > _FORGOTTEN:
                    path.unlink()

    @contextlib.contextmanager
    def _draft(self) -> Iterator[Path]:
        path = self.folder / f"{uuid.uuid4()}.draft"
        with storing(path):
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                yield path
            except BaseException:
                path.unlink(missing_ok=True)
                raise


def place(draft: Path, path: Path) -> None:
    """Give a complete blob its name. From then on nobody has a reason to write to it, so nobody can by mistake."""
    if os.name != "nt":  # Windows neither renames nor deletes what is read-only
        draft.chmod(0o444)
    os.replace(draft, path)


def cloned(source: Path, target: Path) -> bool:
    """Make `target` a file of its own that shares its content with `source`; False where the file system can't."""
    if sys.platform != "linux":
        return False
    import fcntl

    with source.open("rb") as original, target.open("xb") as copy:
        try:
            fcntl.ioctl(copy, FICLONE, original.fileno())
        except OSError:
            target.unlink()
            return False
        sync(copy.fileno())
    return True


def sync(descriptor: int) -> None:
    """Wait until a file's content is on the disk."""
    os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    if os.name == "nt":  # Windows writes names through and can't open folders
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)


def _chunks(source: Path, progress: Progress | None) -> Iterator[bytes]:
    with source.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if progress is not None:
                progress(len(chunk))
            yield chunk
