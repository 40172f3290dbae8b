"""What was read of a store's manifests, kept in a file for the next process."""

import contextlib
import os
import zlib
from collections.abc import Sequence
from typing import Any, Self

import orjson

from puna.library.config import Config

FILE = ".index"
_VERSION = 5

Folder = Sequence[Any]
"""Time and inode of a folder, and what is known of each thing in it, by name: a folder, a row, or None for nothing. A
folder whose content has to be looked at again has no time."""
Row = Sequence[Any]
"""Time, size and inode of a manifest; the model's name, the bytes of all its blobs, the manifest's digest, the
place of the model's config in `Index.configs`, and the first digits of the blobs' digests that engines read."""


class Index:
    """The tree of the manifests' folders. `configs` says once what thousands of models share, `bundled` has for the
    path of a bundled model what `Row` has for a manifest."""

    def __init__(
        self, tree: Folder = (), configs: Sequence[Config] = (), bundled: dict[str, Row] | None = None
    ) -> None:
        self.tree = tree
        self.configs = [*configs]
        self.bundled = bundled or {}
        self._places = {config: place for place, config in enumerate(configs)}

    @classmethod
    def read(cls, store: str) -> Self:
        """The index of a store; an empty one where there is none, or none that can be used."""
        try:
            with open(os.path.join(store, FILE), "rb", buffering=0) as file:
                checksum, _, content = file.read().partition(b"\n")
            if int(checksum, 16) != zlib.crc32(content):
                return cls()
            document = orjson.loads(content)
            if document["version"] != _VERSION:
                return cls()
            configs = [Config.of_list(each) for each in document["configs"]]
            return cls(document["tree"], configs, document["bundled"])
        except (OSError, ValueError, KeyError, TypeError):
            return cls()

    def write(self, store: str) -> None:
        """Take the old index's place; where that is not possible, the next process reads everything."""
        content = orjson.dumps(
            {
                "version": _VERSION,
                "tree": self.tree,
                "configs": [[*config] for config in self.configs],
                "bundled": self.bundled,
            }
        )
        path = os.path.join(store, FILE)
        draft = f"{path}.{os.getpid()}"
        with contextlib.suppress(OSError):
            try:
                with open(draft, "wb") as file:
                    file.write(b"%08x\n" % zlib.crc32(content) + content)
                os.replace(draft, path)
            finally:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(draft)

    def place(self, config: Config) -> int:
        """Where a config is, or is put, in `configs`."""
        place = self._places.setdefault(config, len(self.configs))
        if place == len(self.configs):
            self.configs.append(config)
        return place
