"""The folder that holds the models, in Ollama's layout.

    blobs/sha256-<64 hexadecimal digits>
    manifests/<host>/<namespace>/<model>/<tag>
    staging/                                      blobs that no manifest names yet (Puna's own)
    translated/                                   what is made of blobs for llama.cpp (Puna's own)

A blob is complete and verified before it gets its name, a manifest is written when all its blobs are there,
and both are on the disk before they are seen: whenever a process is killed, every model is whole. Manifests
are changed, and blobs removed, under one lock that all processes share.
"""

import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from puna.core.errors import DamagedModel, InvalidRequest
from puna.library.digest import Digest
from puna.library.errors import storing
from puna.library.manifest import InvalidManifest, Manifest
from puna.library.names import ModelName
from puna.library.staging import Staging, place, sync_folder

if TYPE_CHECKING:
    from puna.library.layouts.translations import Translations

_GRACE = 3600.0  # seconds that an uploaded blob waits for the model that it is meant for, as with Ollama


class Store:
    """The models in one folder. The folder need not be there before something is written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._manifests = str(path / "manifests")
        self.staging = Staging(path / "staging")

    @cached_property
    def translations(self) -> "Translations":
        """What was made of blobs in Ollama's layout, for llama.cpp."""
        from puna.library.layouts.translations import Translations  # a store without them does without it

        return Translations(self._path / "translated")

    @property
    def blobs(self) -> Path:
        return self._path / "blobs"

    @property
    def manifests(self) -> Path:
        return self._path / "manifests"

    def path(self, digest: Digest) -> Path:
        """The file that holds a blob, or would."""
        return self.blobs / digest.filename

    def read(self, digest: Digest) -> bytes:
        """A small blob's content. Raises DamagedModel where it is missing."""
        path = self.path(digest)
        try:
            return path.read_bytes()
        except FileNotFoundError:
            raise DamagedModel(path, "the blob is missing; pull or create the model again") from None

    def has(self, digest: Digest) -> bool:
        """Whether the blob is there, in a model or waiting for one."""
        return self.path(digest).is_file() or self.staging.path(digest).is_file()

    def digest_of(self, path: Path) -> Digest | None:
        """The digest of a file that is a blob here already, so that it need not be copied; None for others."""
        if path.parent not in (self.blobs, self.staging.folder) or path.suffix:
            return None
        return Digest.parse(path.name)

    def locate(self, digest: Digest) -> Path:
        """The file that holds a blob, in a model or waiting for one. Raises InvalidRequest where there is none."""
        for path in (self.path(digest), self.staging.path(digest)):
            if path.is_file():
                return path
        raise InvalidRequest(f"there is no blob '{digest}'; it has to be sent first, to /api/blobs/{digest}")

    def size(self, digest: Digest) -> int | None:
        """The size of a blob in bytes; None where it is not there."""
        for path in (self.path(digest), self.staging.path(digest)):
            if path.is_file():
                return path.stat().st_size
        return None

    def find(self, name: ModelName) -> Path | None:
        """The manifest of a name, whatever the case of its letters; None where there is none."""
        exact = os.path.join(self._manifests, name.host, name.namespace, name.model, name.tag)
        if os.path.isfile(exact):
            return Path(exact)
        folders = [self.manifests]
        for part in name.path.parts:
            folders = [match for folder in folders for match in _named(folder, part)]
        return next((path for path in folders if path.is_file()), None)

    def entries(self) -> Iterator[os.DirEntry[str]]:
        """Every file that lies where a manifest lies: four folders deep."""
        for host in _inside(str(self.manifests)):
            for namespace in _inside(host.path):
                for model in _inside(namespace.path):
                    for tag in _inside(model.path):
                        if tag.is_file():
                            yield tag

    def commit(self, name: ModelName, manifest: Manifest) -> Path:
        """Make a model visible whose blobs are all there or staged, in place of one of that name.

        Raises DamagedModel where a blob is missing, StoreFailed where the disk refuses; then nothing changed.
        """
        with storing(self._path), self._lock():
            path = self.find(name) or self.manifests / name.path
            waiting = [layer.digest for layer in manifest.blobs if self._waits(layer.digest, layer.size)]
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = self.staging.write(manifest.raw)
            try:
                self._place(waiting)
                os.replace(draft, path)
            finally:
                draft.unlink(missing_ok=True)
            sync_folder(path.parent)
            for layer in manifest.blobs:  # staged again, although it was there
                self.staging.path(layer.digest).unlink(missing_ok=True)
            return path

    def delete(self, path: Path) -> bool:
        """Remove a manifest, and blobs that only it names; False where it was gone. Raises StoreFailed."""
        with storing(self._path), self._lock():
            try:
                raw = path.read_bytes()
            except FileNotFoundError:
                return False
            path.unlink()
            self._remove_empty(path.parent)
            with contextlib.suppress(InvalidManifest):
                used = self._used()
                for layer in Manifest(raw).blobs:
                    if layer.digest not in used:
                        self.path(layer.digest).unlink(missing_ok=True)
                self._forget_translations()
            return True

    def prune(self) -> list[Digest]:
        """Remove the blobs that no manifest names, except those that came within the last hour; say which."""
        removed = []
        with storing(self._path), self._lock():
            used = {digest.filename: digest for digest in self._used()}
            for path in list(self.blobs.glob("sha256-*")) if self.blobs.is_dir() else []:
                if path.name not in used and time.time() - path.stat().st_mtime > _GRACE:
                    path.unlink()
                    removed.append(Digest(path.name.removeprefix("sha256-")))
            self.staging.prune()
            self._forget_translations()
        return removed

    def verify(self, manifest: Manifest) -> Iterator[DamagedModel]:
        """Read every blob of a model, and yield what is wrong with each that is not what its digest says."""
        for layer in manifest.blobs:
            path = self.path(layer.digest)
            if not path.is_file():
                yield DamagedModel(path, "the blob is missing")
            elif (size := path.stat().st_size) != layer.size:
                yield DamagedModel(path, f"the blob has {size} bytes, not {layer.size}")
            elif (digest := Digest.of_file(path)) != layer.digest:
                yield DamagedModel(path, f"the blob is damaged, its digest is {digest}")

    def _waits(self, digest: Digest, size: int) -> bool:
        """Whether the blob is staged. Raises DamagedModel where it is nowhere."""
        for path, waits in ((self.path(digest), False), (self.staging.path(digest), True)):
            if path.is_file() and path.stat().st_size == size:
                return waits
        raise DamagedModel(self.path(digest), "the blob is missing; it may have been deleted meanwhile, try again")

    def _place(self, waiting: list[Digest]) -> None:
        self.blobs.mkdir(parents=True, exist_ok=True)
        for digest in waiting:
            with contextlib.suppress(FileNotFoundError):  # named twice in one manifest
                place(self.staging.path(digest), self.path(digest))
        if waiting:
            sync_folder(self.blobs)

    def _forget_translations(self) -> None:
        if (self._path / "translated").is_dir():
            self.translations.prune(self.blobs)

    def _used(self) -> set[Digest]:
        used: set[Digest] = set()
        for entry in self.entries():
            with contextlib.suppress(InvalidManifest, FileNotFoundError):
                used.update(layer.digest for layer in Manifest(Path(entry.path).read_bytes()).blobs)
        return used

    def _remove_empty(self, folder: Path) -> None:
        while folder != self.manifests:
            try:
                folder.rmdir()
            except OSError:  # not empty
                return
            folder = folder.parent

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        self._path.mkdir(parents=True, exist_ok=True)
        from filelock import FileLock  # what only reads starts faster without it

        with FileLock(self._path / ".lock"):
            yield


def _named(folder: Path, part: str) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(entry.path) for entry in entries if entry.name.lower() == part.lower())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _inside(folder: str) -> Sequence[os.DirEntry[str]]:
    """What is in a folder; nothing where it went away meanwhile, or is no folder."""
    try:
        with os.scandir(folder) as entries:
            return [*entries]
    except (FileNotFoundError, NotADirectoryError):
        return ()
