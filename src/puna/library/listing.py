"""The list of the models in a store, quick with thousands of them."""

import contextlib
import os
import stat
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import astuple
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from puna.library.config import Config
from puna.library.manifest import InvalidManifest, Manifest
from puna.library.names import ModelName

INDEX = ".index"
_VERSION = 1
_DEPTH = 4  # manifests/<host>/<namespace>/<model>/<tag>
_WORTH = 64  # so many files are read anew each time, rather than that the index is written for each
_SETTLED = 3 * 10**9  # nanoseconds; what changed later may change again within one tick of the file system's clock

_Folder = Sequence[Any]
"""Time and inode of a folder, and what is in it."""
_Row = Sequence[Any]
"""Time, size and inode of a manifest, and what `Listed` says of its model."""


class Listed(NamedTuple):
    """A model as lists show it. `modified_ns` is in nanoseconds since 1970, `size` the bytes of all its blobs, and
    `digest` is the manifest's, in hexadecimal digits. `details` are the fields of its `config`."""

    name: str
    namespace: str
    modified_ns: int
    size: int
    digest: str
    details: Sequence[Any]
    bundled: bool = False

    @property
    def modified(self) -> datetime:
        """When the manifest was written."""
        return datetime.fromtimestamp(self.modified_ns / 10**9, UTC)

    @property
    def config(self) -> Config:
        kind, family, families, parameters, quantization = self.details
        return Config(kind, family, tuple(families), parameters, quantization)


class Listing:
    """Looks at every file each time, but reads only what changed since it was last read.

    What was read is kept in the file `.index` of the store, for the next process. It says nothing that the files'
    own times, sizes and inodes do not confirm, so others may write to the store as they like; where the index is
    damaged or can't be written, everything is read.
    """

    def __init__(self, store: Path, blobs: Path, manifests: Path) -> None:
        self._store, self._blobs = store, blobs
        self._root = f"{manifests}{os.sep}"
        self._lock = threading.Lock()
        self._folders: dict[str, _Folder] = {}
        self._rows: dict[str, _Row] = {}
        self._others: dict[str, _Row] = {}
        self._began = False
        self._learned = 0

    def models(self) -> list[Listed]:
        """Every model, the one that changed last first. What is no manifest is logged and left out."""
        with self._lock:
            self._begin()
            walk = _Walk(self._root, self._blobs, self._folders, self._rows)
            models = walk.run()
            self._folders, self._rows = walk.folders, walk.rows
            if walk.learned + self._learned >= _WORTH:
                self._learned = 0
                _write(self._store / INDEX, self._folders, self._rows, self._others)
            return models

    def other(self, path: Path, read: Callable[[], Listed | None]) -> Listed | None:
        """A model that is made of a file outside the store: what `read` says, for as long as the file is the same."""
        with self._lock:
            self._begin()
            try:
                state = path.stat()
            except OSError:
                return read()
            seen = [state.st_mtime_ns, state.st_size, state.st_ino]
            known = self._others.get(str(path))
            if known and [*known[:3]] == seen:
                return Listed(*known[3])
            model = read()
            if model:
                self._others[str(path)] = [*seen, [*model]]
                self._learned = _WORTH if self._rows else 0  # where there is an index, it gets this too
            return model

    def _begin(self) -> None:
        if not self._began:
            self._folders, self._rows, self._others = _read(self._store / INDEX)
            self._began = True


class _Walk:
    """One look at all files. `folders` and `rows` are what may be known the next time."""

    def __init__(self, root: str, blobs: Path, folders: dict[str, _Folder], rows: dict[str, _Row]) -> None:
        self._root, self._blobs = root, blobs
        self._known_folders, self._known_rows = folders, rows
        self.folders: dict[str, _Folder] = {}
        self.rows: dict[str, _Row] = {}
        self.learned = 0  # folders and files that the index did not have, and may have
        self._settled = time.time_ns() - _SETTLED

    def run(self) -> list[Listed]:
        paths = [""]
        for level in range(_DEPTH):
            end = "/" if level < _DEPTH - 1 else ""
            paths = [f"{path}{name}{end}" for path in paths for name in self._names(path)]
        found = []
        known, now_known, root, look = self._known_rows, self.rows, self._root, os.stat  # this loop runs 10,000 times
        for path in paths:
            try:
                state = look(root + path)
            except OSError:  # gone meanwhile
                continue
            row = known.get(path)
            if row and row[0] == state.st_mtime_ns and row[1] == state.st_size and row[2] == state.st_ino:
                now_known[path] = row
            else:
                row = self._read(path, state)
            if row:
                found.append((-row[0], path, row))
        found.sort()
        return [Listed(row[3], row[4], row[0], row[5], row[6], row[7]) for _, _, row in found]

    def _names(self, folder: str) -> Sequence[str]:
        path = self._root + folder
        try:
            state = os.stat(path)
            known = self._known_folders.get(folder)
            if not known or known[0] != state.st_mtime_ns or known[1] != state.st_ino:
                known = (state.st_mtime_ns, state.st_ino, [name for name in os.listdir(path) if name.isascii()])
                self.learned += state.st_mtime_ns < self._settled
        except OSError:  # no folder, or gone meanwhile
            return ()
        if state.st_mtime_ns < self._settled:
            self.folders[folder] = known
        names: Sequence[str] = known[2]
        return names

    def _read(self, path: str, state: os.stat_result) -> _Row | None:
        """A file that is new or has changed; None for what is no manifest."""
        name = ModelName.of_path(*path.split("/"))
        if name is None or not stat.S_ISREG(state.st_mode):
            return None
        try:
            manifest = Manifest(Path(self._root, path).read_bytes())
            config, complete = self._config(manifest)
            fields = (str(name), name.namespace, manifest.size, manifest.digest.hex, astuple(config))
        except FileNotFoundError:
            return None
        except (InvalidManifest, OSError) as error:
            warn(path, error)
            return None
        row = (state.st_mtime_ns, state.st_size, state.st_ino, *fields)
        if complete and state.st_mtime_ns < self._settled:
            self.rows[path] = row
            self.learned += 1
        return row

    def _config(self, manifest: Manifest) -> tuple[Config, bool]:
        """The config, and whether it is there: a model without is listed, and looked at again the next time."""
        if not manifest.config:
            return Config(), True
        try:
            return Config.parse((self._blobs / manifest.config.digest.filename).read_bytes()), True
        except OSError:
            return Config(), False


def warn(path: str, problem: Exception) -> None:
    """Log that a file is no manifest."""
    import logging  # most lists have nothing to say

    logging.getLogger(__name__).warning("%s: %s", path, problem)


def _read(path: Path) -> tuple[dict[str, _Folder], dict[str, _Row], dict[str, _Row]]:
    """The index; an empty one where there is none, or none that can be used."""
    try:
        checksum, _, content = path.read_bytes().partition(b"\n")
        if int(checksum, 16) != zlib.crc32(content):
            return {}, {}, {}
        document = orjson.loads(content)
        if document["version"] != _VERSION:
            return {}, {}, {}
        return document["folders"], document["rows"], document["others"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}, {}, {}


def _write(path: Path, folders: dict[str, _Folder], rows: dict[str, _Row], others: dict[str, _Row]) -> None:
    """Replace the index; where that is not possible, the next process reads everything."""
    content = orjson.dumps({"version": _VERSION, "folders": folders, "rows": rows, "others": others})
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        try:
            draft.write_bytes(b"%08x\n" % zlib.crc32(content) + content)
            os.replace(draft, path)
        finally:
            draft.unlink(missing_ok=True)
