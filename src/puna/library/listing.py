"""The list of the models that are there, quick with thousands of them."""

import os
import stat
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from puna.library.config import Config
from puna.library.index import Folder, Index, Row
from puna.library.layouts.own import SHORT, own_bytes
from puna.models import TINY, TINY_IMAGE, TINY_IMAGE_NAME, TINY_NAME

if TYPE_CHECKING:
    from puna.library.manifest import Manifest
    from puna.library.model import Model

_WORTH = 64  # so many files are read anew each time, rather than that the index is written for each
_SETTLED = 3 * 10**9  # nanoseconds; what changed later may change again within one tick of the file system's clock


class Listed(NamedTuple):
    """A model as lists show it. `modified_ns` is in nanoseconds since 1970, `size` the bytes of all its blobs and of
    what had to be copied of them for llama.cpp, and `digest` is the manifest's, in hexadecimal digits."""

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

    What was read is kept in the store's index, for the next process. It says nothing that the files' own times,
    sizes and inodes do not confirm, so others may write to the store as they like; where the index is damaged or
    can't be written, everything is read.
    """

    def __init__(self, store: Path) -> None:
        self._store = str(store)
        self._lock = threading.Lock()
        self._index: Index | None = None
        self._learned = 0

    def models(self) -> list[Listed]:
        """Every model, the one that changed last first, the bundled ones at the end. What is no manifest is logged
        and left out."""
        with self._lock:
            index = self._index = self._index or Index.read(self._store)
            ours = self._ours(index)
            walk = _Walk(self._store, index)
            models = walk.run()
            if walk.learned + self._learned >= _WORTH:
                self._learned = 0
                index.write(self._store)
        names = {model.name for model in ours}
        return [*(model for model in models if model.name.lower() not in names), *ours]

    def _ours(self, index: Index) -> list[Listed]:
        """The bundled models. The one that makes images is listed where it can be used, and last: programs take the
        first one to chat."""
        found = [self._bundled(index, TINY, TINY_NAME)]
        if draws():
            found.append(self._bundled(index, os.path.join(TINY_IMAGE, "model_index.json"), TINY_IMAGE_NAME))
        return [model for model in found if model]

    def _bundled(self, index: Index, path: str, name: str) -> Listed | None:
        try:
            state = os.stat(path)
        except OSError:
            return None
        known = index.bundled.get(path)
        if not known or (*known[:3],) != _seen(state):
            from puna.library import bundled  # a list that knows it already does without its header

            model = bundled.bundled() if name == TINY_NAME else bundled.bundled_image()
            if model is None:
                return None
            known = (*_seen(state), name, model.size, model.digest, index.place(model.config))
            index.bundled[path] = known
            self._learned = _WORTH if index.tree else 0  # where there is an index, it gets this too
        return Listed(name, "library", known[0], known[4], known[5], index.configs[known[6]], True)


class _Walk:
    """One look at all files, which brings an index up to date."""

    def __init__(self, store: str, index: Index) -> None:
        self._manifests = os.path.join(store, "manifests", "")
        self._blobs = os.path.join(store, "blobs")
        self._own = own_bytes(store)
        self._index = index
        self._settled = time.time_ns() - _SETTLED
        self.learned = 0  # folders and files that the index did not have, and may have

    def run(self) -> list[Listed]:
        index = self._index
        found: list[Listed] = []
        top = self._look(self._manifests, index.tree)
        index.tree = top or ()
        for host, namespaces in self._inside(self._manifests, top):
            for namespace, models in self._inside(f"{self._manifests}{host}/", namespaces):
                self._list(host, namespace, models[2], found)
        found.sort(key=attrgetter("modified_ns"), reverse=True)
        return found

    def _inside(self, path: str, folder: Folder | None) -> Iterator[tuple[str, Folder]]:
        """The folders in a folder, as they are now."""
        if folder is None:
            return
        children = folder[2]
        for name in children:
            children[name] = child = self._look(f"{path}{name}/", children[name])
            if child is not None:
                yield name, child

    def _list(self, host: str, namespace: str, models: dict[str, Folder | None], found: list[Listed]) -> None:
        """Add the models of a namespace to what was found. The loop runs 10,000 times."""
        base, configs = f"{self._manifests}{host}/{namespace}/", self._index.configs
        look, new, own = os.stat, tuple.__new__, self._own
        for model, known in models.items():
            path = f"{base}{model}/"
            try:
                state = look(path)
                if known and known[0] == state.st_mtime_ns and known[1] == state.st_ino:
                    folder = known
                else:
                    folder = models[model] = self._open(path, state, known)
            except OSError:  # no folder, or gone meanwhile
                continue
            for tag, row in folder[2].items():
                try:
                    state = look(path + tag)
                except OSError:  # gone meanwhile
                    continue
                if not row or row[0] != state.st_mtime_ns or row[1] != state.st_size or row[2] != state.st_ino:
                    row, kept = self._read(f"{host}/{namespace}/{model}/{tag}", state)
                    folder[2][tag] = row if kept else None
                if row:
                    size = row[4] + sum(own.get(blob, 0) for blob in row[7]) if own else row[4]
                    found.append(new(Listed, (row[3], namespace, row[0], size, row[5], configs[row[6]], False)))

    def _look(self, path: str, known: Folder | None) -> Folder | None:
        """A folder as it is now; None where it is none, or gone."""
        try:
            state = os.stat(path)
            if known and known[0] == state.st_mtime_ns and known[1] == state.st_ino:
                return known
            return self._open(path, state, known)
        except OSError:
            return None

    def _open(self, path: str, state: os.stat_result, known: Folder | None) -> Folder:
        """A folder that is new or has changed. Raises OSError."""
        before = known[2] if known else {}
        children = {name: before.get(name) for name in sorted(os.listdir(path)) if name.isascii()}
        if state.st_mtime_ns >= self._settled:
            return (None, state.st_ino, children)
        self.learned += 1
        return (state.st_mtime_ns, state.st_ino, children)

    def _read(self, path: str, state: os.stat_result) -> tuple[Row | None, bool]:
        """A file that is new or has changed, None for what is no manifest; and whether that may be remembered."""
        from puna.library.manifest import READ, InvalidManifest, Manifest  # a list that knows all files does without
        from puna.library.names import ModelName

        name = ModelName.of_path(*path.split("/"))
        if name is None or not stat.S_ISREG(state.st_mode):
            return None, False
        try:
            with open(self._manifests + path, "rb", buffering=0) as file:
                manifest = Manifest(file.read())
            config, complete = self._config(manifest)
            blobs = [layer.digest.hex[:SHORT] for layer in manifest.of_type(*READ)]
            row = (*_seen(state), str(name), manifest.size, manifest.digest.hex, self._index.place(config), blobs)
        except FileNotFoundError:
            return None, False
        except (InvalidManifest, OSError) as error:
            warn(path, error)
            return None, False
        settled = complete and state.st_mtime_ns < self._settled
        self.learned += settled
        return row, settled

    def _config(self, manifest: "Manifest") -> tuple[Config, bool]:
        """The config, and whether it is there: a model without is listed, and looked at again the next time."""
        if not manifest.config:
            return Config(), True
        try:
            with open(os.path.join(self._blobs, manifest.config.digest.filename), "rb", buffering=0) as file:
                return Config.parse(file.read()), True
        except OSError:
            return Config(), False


@cache
def draws() -> bool:
    """Whether the packages are there that make images: Puna's extra `images`."""
    from puna.formats.pipeline import installed

    return installed()


def listed(model: "Model") -> Listed:
    """A model as lists show it."""
    modified = round(model.modified.timestamp() * 10**9)
    name = model.name
    return Listed(str(name), name.namespace, modified, model.size, model.digest, model.config, model.bundled)


def warn(path: str, problem: Exception) -> None:
    """Log that a file is no manifest."""
    import logging  # most lists have nothing to say

    logging.getLogger(__name__).warning("%s: %s", path, problem)


def _seen(state: os.stat_result) -> tuple[int, int, int]:
    """What tells a file that has changed from what it was."""
    return state.st_mtime_ns, state.st_size, state.st_ino
