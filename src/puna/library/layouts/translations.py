"""The translated files of a store.

    translated/sha256-<64 hexadecimal digits>/    what was made of the blob of that digest:
        model.gguf                                the language model
        projector.gguf                            its projector, where it has one
        made.json                                 by which version, and how many bytes the blob does not share

A folder is there as a whole or not at all. Blobs are only read.
"""

import contextlib
import os
import shutil
import uuid
from pathlib import Path

import orjson

from puna.core.errors import DamagedModel
from puna.library.errors import storing
from puna.library.layouts.file import Progress, write
from puna.library.layouts.own import MADE
from puna.library.layouts.rewrite import Rewrite
from puna.library.layouts.table import Translation

VERSION = 3
"""What was made by an older one is made again. It counts with every change of what a layout writes."""

MODEL, PROJECTOR = "model.gguf", "projector.gguf"


class Translations:
    """The folder of a store's translated files, by the names of the blobs that they were made of."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, blob: str) -> Path:
        """The folder of what was made of a blob."""
        return self.folder / blob

    def has(self, blob: str) -> bool:
        """Whether a blob is translated, by this version."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            return bool(orjson.loads((self.path(blob) / MADE).read_bytes())["version"] == VERSION)
        return False

    def make(self, blob: str, translation: Translation, progress: Progress = lambda size: None) -> Path:
        """Write what an engine reads in place of a blob, unless it is there, and return its folder.

        Raises StoreFailed where the disk refuses, DamagedModel where the blob is not what its header says.
        """
        from filelock import FileLock  # what only reads starts faster without it

        path = self.path(blob)
        with storing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / f".{blob}.lock"):
                if not self.has(blob):
                    self._make(path, translation, progress)
        return path

    def remove(self, blob: str) -> None:
        """Remove what was made of a blob."""
        shutil.rmtree(self.path(blob), ignore_errors=True)
        with contextlib.suppress(OSError):
            (self.folder / f".{blob}.lock").unlink()

    def prune(self, blobs: Path) -> None:
        """Remove what was made of blobs that are gone."""
        for path in [*self.folder.glob("sha256-*")] if self.folder.is_dir() else []:
            if not (blobs / path.name).is_file():
                self.remove(path.name)

    def _make(self, path: Path, translation: Translation, progress: Progress) -> None:
        draft = self.folder / f"{uuid.uuid4()}.draft"
        draft.mkdir()
        try:
            own = _written(draft / MODEL, translation.weights, progress)
            if translation.projector:
                own += _written(draft / PROJECTOR, translation.projector, progress)
            (draft / MADE).write_bytes(orjson.dumps({"version": VERSION, "bytes": own}))
            shutil.rmtree(path, ignore_errors=True)
            os.replace(draft, path)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise


def _written(path: Path, rewrite: Rewrite, progress: Progress) -> int:
    try:
        return write(rewrite, path, progress)
    except (ValueError, KeyError) as error:
        raise DamagedModel(rewrite.source.path, f"its tensors are not as its layout has them: {error}") from error
