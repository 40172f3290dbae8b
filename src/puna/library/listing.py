"""The list of the models in a store, quick with thousands of them."""

import contextlib
import logging
import os
import stat
import threading
import time
import uuid
import zlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import orjson

from puna.library.config import Config
from puna.library.manifest import InvalidManifest, Manifest
from puna.library.names import ModelName

_log = logging.getLogger(__name__)

INDEX = ".index"
_VERSION = 1
_DEPTH = 4  # manifests/<host>/<namespace>/<model>/<tag>
_WORTH = 64  # so many files are read anew each time, rather than that the index is written for each
_SETTLED = 3 * 10**9  # nanoseconds; what changed later may change again within one tick of the file system's clock

_Folder = tuple[int, int, Sequence[str]]
_Row = tuple[int, int, int, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Listed:
    """A model as lists show it. `modified_ns` is in nanoseconds since 1970, `size` the bytes of all its blobs, and
    `digest` is the manifest's, in hexadecimal digits."""

    name: str
    namespace: str
    modified_ns: int
    size: int
    digest: str
    config: Config
    bundled: bool = False

    @property
    def modified(self) -> datetime:
        """When the manifest was written."""
        return datetime.fromtimestamp(self.modified_ns / 10**9, UTC)


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
        self._began = False

    def models(self) -> list[Listed]:
        """Every model, the one that changed last first. What is no manifest is logged and left out."""
        with self._lock:
            if not self._began:
                self._folders, self._rows = _read(self._store / INDEX)
                self._began = True
            return _Walk(self._root, self._blobs, self._folders, self._rows).run(self._keep)

    def _keep(self, walk: "_Walk") -> None:
        self._folders, self._rows = walk.folders, walk.rows
        if walk.read >= _WORTH:
            _write(self._store / INDEX, self._folders, self._rows)


class _Walk:
    """One look at all files. `folders` and `rows` are what may be known the next time."""

    def __init__(self, root: str, blobs: Path, folders: dict[str, _Folder], rows: dict[str, _Row]) -> None:
        self._root, self._blobs = root, blobs
        self._known_folders, self._known_rows = folders, rows
        self.folders: dict[str, _Folder] = {}
        self.rows: dict[str, _Row] = {}
        self.read = 0
        self._settled = time.time_ns() - _SETTLED

    def run(self, keep: Any) -> list[Listed]:
        paths = [""]
        for level in range(_DEPTH):
            end = "/" if level < _DEPTH - 1 else ""
            paths = [f"{path}{name}{end}" for path in paths for name in self._names(path)]
        rows = [(path, row) for path in paths if (row := self._row(path))]
        rows.sort(key=lambda pair: (-pair[1][0], pair[0]))
        keep(self)
        return [_listed(row) for _, row in rows]

    def _names(self, folder: str) -> Sequence[str]:
        path = self._root + folder
        try:
            state = os.stat(path)
            known = self._known_folders.get(folder)
            if not known or known[0] != state.st_mtime_ns or known[1] != state.st_ino:
                known = (state.st_mtime_ns, state.st_ino, os.listdir(path))
                self.read += 1
        except OSError:  # no folder, or gone meanwhile
            return ()
        if state.st_mtime_ns < self._settled:
            self.folders[folder] = known
        return known[2]

    def _row(self, path: str) -> _Row | None:
        try:
            state = os.stat(self._root + path)
        except OSError:
            return None
        known = self._known_rows.get(path)
        if not (
            known
            and known[0] == state.st_mtime_ns
            and known[1] == state.st_size
            and known[2] == state.st_ino
        ):
            if not stat.S_ISREG(state.st_mode):
                return None
            self.read += 1
            fields, complete = _fields(self._root, path, self._blobs)
            if fields is None:
                return None
            known = (state.st_mtime_ns, state.st_size, state.st_ino, fields)
            if not complete:
                return known
        if state.st_mtime_ns < self._settled:
            self.rows[path] = known
        return known


def _fields(root: str, path: str, blobs: Path) -> tuple[Sequence[Any] | None, bool]:
    """What the index keeps of a manifest; None where it is none. And whether its config could be read too."""
    name = ModelName.of_path(*path.split("/"))
    if name is None:
        return None, False
    try:
        manifest = Manifest(Path(root, path).read_bytes())
        head = (str(name), name.namespace, manifest.size, manifest.digest.hex)
    except FileNotFoundError:
        return None, False
    except (InvalidManifest, OSError) as error:
        _log.warning("%s: %s", path, error)
        return None, False
    config, complete = Config(), True
    try:
        if manifest.config:
            config = Config.parse((blobs / manifest.config.digest.filename).read_bytes())
    except (InvalidManifest, OSError):
        complete = False
    return (*head, *astuple(config)), complete


def _listed(row: _Row) -> Listed:
    modified, _, _, (name, namespace, size, digest, *config) = row
    return Listed(name, namespace, modified, size, digest, Config(*config))


def _read(path: Path) -> tuple[dict[str, _Folder], dict[str, _Row]]:
    """The index; an empty one where there is none, or none that can be used."""
    try:
        checksum, _, content = path.read_bytes().partition(b"\n")
        if int(checksum, 16) != zlib.crc32(content):
            return {}, {}
        document = orjson.loads(content)
        return (document["folders"], document["rows"]) if document["version"] == _VERSION else ({}, {})
    except (OSError, ValueError, KeyError, TypeError):
        return {}, {}


def _write(path: Path, folders: dict[str, _Folder], rows: dict[str, _Row]) -> None:
    """Replace the index; where that is not possible, the next process reads everything."""
    content = orjson.dumps({"version": _VERSION, "folders": folders, "rows": rows})
    draft = path.with_name(f"{path.name}.{uuid.uuid4()}")
    with contextlib.suppress(OSError):
        try:
            draft.write_bytes(b"%08x\n" % zlib.crc32(content) + content)
            os.replace(draft, path)
        finally:
            draft.unlink(missing_ok=True)
