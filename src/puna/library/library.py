"""The models that are there."""

import builtins
import os
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from puna.core.errors import DamagedModel, ModelNotFound
from puna.library import manifest as media
from puna.library.bundled import IMAGE_NAME as BUNDLED_IMAGE
from puna.library.bundled import NAME as BUNDLED
from puna.library.bundled import bundled, bundled_image
from puna.library.errors import ProtectedModel
from puna.library.listing import Listed, Listing, warn
from puna.library.manifest import InvalidManifest, Layer, Manifest
from puna.library.names import ModelName
from puna.library.store import Store
from puna.models import TINY_IMAGE

if TYPE_CHECKING:
    from puna.library.model import Model

_State = tuple[int, int, int]


class Library:
    """The models in a folder, and the bundled one.

    A manifest that has not changed since it was last looked at is not read again, so a model that was got
    before is the same object, with all it has read.
    """

    def __init__(self, path: Path) -> None:
        self.store = Store(path)
        self._listing = Listing(path)
        self._models: dict[str, tuple[_State, Model]] = {}

    def list(self) -> list[Listed]:
        """Every model, the one that changed last first, the bundled one at the end."""
        return self._listing.models()

    def get(self, name: ModelName) -> "Model":
        """The model of that name, in whatever case it is written. Raises ModelNotFound."""
        model = self._get(name)
        if model is None or (name.digest and model.digest != name.digest.hex):
            raise self._not_found(name)
        return model

    def delete(self, name: ModelName) -> None:
        """Remove a model, and the blobs that only it used.

        Raises ModelNotFound, ProtectedModel, StoreFailed.
        """
        self.require_writable(name)
        path = self.store.find(name)
        if path is None or not self.store.delete(path):
            raise self._not_found(name, elsewhere=False)

    def copy(self, source: ModelName, target: ModelName) -> "Model":
        """Give a model a second name. Raises ModelNotFound, ProtectedModel, StoreFailed."""
        self.require_writable(target)
        model = self.get(source)
        if model.name == target:
            return model
        if model.bundled:
            self.stage(model, model.manifest.blobs)
        return self.commit(target, model.manifest)

    def commit(self, name: ModelName, manifest: Manifest) -> "Model":
        """Make a model visible whose blobs are there or staged.

        Raises ProtectedModel, DamagedModel, StoreFailed.
        """
        self.require_writable(name)
        self.store.commit(name, manifest)
        return self.get(replace(name, digest=None))

    def stage(self, model: "Model", layers: Iterable[Layer]) -> None:
        """Bring blobs of the bundled model into the store, for one made of them. Raises StoreFailed."""
        for layer in layers:
            if layer.media_type == media.WEIGHTS:
                self.store.staging.clone_file(model.weights, layer.digest)
            else:
                self.store.staging.add(model.blobs.read(layer.digest))

    def verify(self, name: ModelName) -> builtins.list[DamagedModel]:
        """Read all of a model's blobs; what is wrong with each that is damaged. Raises ModelNotFound."""
        model = self.get(name)
        return [] if model.bundled else [*self.store.verify(model.manifest)]

    @staticmethod
    def require_writable(name: ModelName) -> None:
        """Raises ProtectedModel where the name is the bundled model's."""
        if Library.is_bundled(name):
            raise ProtectedModel(str(name))

    @staticmethod
    def is_bundled(name: ModelName) -> bool:
        """Whether the name is that of a bundled model which is there."""
        return name.key == BUNDLED.key or (name.key == BUNDLED_IMAGE.key and os.path.isdir(TINY_IMAGE))

    def _get(self, name: ModelName) -> "Model | None":
        tiny = bundled()
        if tiny and tiny.name.key == name.key:
            return tiny
        if name.key == BUNDLED_IMAGE.key and (image := bundled_image()):
            return image
        path = self.store.find(name)
        return self._load(str(path), os.stat(path)) if path else None

    def _load(self, path: str, state: os.stat_result) -> "Model | None":
        seen = (state.st_mtime_ns, state.st_size, state.st_ino)
        known = self._models.get(path)
        if known and known[0] == seen:
            return known[1]
        name = ModelName.of_path(*path.replace(os.sep, "/").rsplit("/", 4)[1:])
        if name is None:
            return None
        try:
            with open(path, "rb", buffering=0) as file:
                manifest = Manifest(file.read())
            _ = manifest.size  # what has no size is no manifest
        except FileNotFoundError:
            return None
        except InvalidManifest as error:
            warn(path, error)
            return None
        from puna.library.model import Model  # lists do without it

        model = Model(name, datetime.fromtimestamp(state.st_mtime, UTC), manifest, self.store)
        self._models[path] = (seen, model)
        return model

    def _not_found(self, name: ModelName, *, elsewhere: bool = True) -> ModelNotFound:
        import difflib

        written = str(name)
        place, last = parted(written)
        beside = (model.name for model in self.list() if parted(model.name)[0] == place)
        known = {parted(other)[1]: other for other in beside if same_numbers(other, written)}
        near = difflib.get_close_matches(last, known, n=1, cutoff=0.8)
        if near:
            return ModelNotFound(written, f"model '{written}' not found, did you mean '{known[near[0]]}'?")
        return ModelNotFound(written, elsewhere=elsewhere)


def parted(name: str) -> tuple[str, str]:
    """Host and namespace, and what is compared with other names: the rest, without the tag that most have."""
    place, _, last = name.lower().rpartition("/")
    return place, last.removesuffix(":latest")


def same_numbers(left: str, right: str) -> bool:
    """Whether both names have the same numbers: another one is no slip but another version or size."""
    return re.findall("[0-9]+", left) == re.findall("[0-9]+", right)
