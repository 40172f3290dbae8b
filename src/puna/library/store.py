"""The folder that holds the models, in Ollama's layout.

blobs/sha256-<64 hexadecimal digits>
manifests/<host>/<namespace>/<model>/<tag>
"""

import os
from collections.abc import Iterator
from pathlib import Path

from puna.library.digest import Digest
from puna.library.errors import DamagedModel
from puna.library.names import ModelName

_PARTS = 4  # host, namespace, model, tag


class Store:
    """The models in one folder. The folder need not be there before something is written."""

    def __init__(self, path: Path) -> None:
        self._path = path

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

    def find(self, name: ModelName) -> Path | None:
        """The manifest of a name, whatever the case of its letters; None where there is none."""
        exact = self.manifests / name.path
        if exact.is_file():
            return exact
        folders = [self.manifests]
        for part in name.path.parts:
            folders = [match for folder in folders for match in _named(folder, part)]
        return next((path for path in folders if path.is_file()), None)

    def entries(self) -> Iterator[tuple[tuple[str, ...], os.stat_result, str]]:
        """The four parts of every manifest's path, its file's state and its path."""
        return _walk(str(self.manifests), ())


def _named(folder: Path, part: str) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(entry.path) for entry in entries if entry.name.lower() == part.lower())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _walk(folder: str, parts: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], os.stat_result, str]]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                path = (*parts, entry.name)
                if len(path) < _PARTS and entry.is_dir():
                    yield from _walk(entry.path, path)
                elif len(path) == _PARTS and entry.is_file():
                    yield path, entry.stat(), entry.path
    except FileNotFoundError:  # the folder went away while it was read, or was never there
        return
