"""The models that come with Puna, so that the first answer and the first picture need no download."""

import os
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from puna.library import manifest as media
from puna.library.config import Config
from puna.library.digest import Digest
from puna.library.manifest import Layer, Manifest
from puna.library.names import ModelName
from puna.models import TINY, TINY_IMAGE, TINY_IMAGE_NAME, TINY_NAME

if TYPE_CHECKING:
    from puna.library.model import Model

NAME = ModelName.parse(TINY_NAME)
IMAGE_NAME = ModelName.parse(TINY_IMAGE_NAME)


class BundledBlobs:
    """The bundled model's blobs: the weights are a file of the package, the config is made from it."""

    def __init__(self, weights: Path) -> None:
        from puna.formats.gguf import Metadata  # a list of models that knows this one already does without it

        self.weights = Layer(media.WEIGHTS, Digest.of_file(weights), weights.stat().st_size)
        self._weights_path = weights
        self._config = Config.of(Metadata.read(weights)).encode([str(self.weights.digest)])
        self.config = Layer(media.CONFIG, Digest.of(self._config), len(self._config))

    def path(self, digest: Digest) -> Path:
        """The weights are the only blob that is a file."""
        if digest != self.weights.digest:
            raise KeyError(digest)
        return self._weights_path

    @property
    def translations(self) -> None:
        """It is made for llama.cpp."""
        return None

    def read(self, digest: Digest) -> bytes:
        """The config's content, or the weights'."""
        return self._config if digest == self.config.digest else self.path(digest).read_bytes()


class BundledFolder:
    """The blobs of the model that makes images: they are files of the package, the config is made from them."""

    def __init__(self, folder: Path) -> None:
        from puna.library.pipelines import pipeline_config, pipeline_files

        files = pipeline_files(folder)
        self.layers = [layer_of(name, path) for name, path in sorted(files.items())]
        self._paths = {layer.digest: files[layer.name] for layer in self.layers}
        self._config = pipeline_config(files).encode(str(layer.digest) for layer in self.layers)
        self.config = Layer(media.CONFIG, Digest.of(self._config), len(self._config))

    def path(self, digest: Digest) -> Path:
        """All but the config are files."""
        return self._paths[digest]

    @property
    def translations(self) -> None:
        """Nothing reads other files than these."""
        return None

    def read(self, digest: Digest) -> bytes:
        """A blob's content."""
        return self._config if digest == self.config.digest else self.path(digest).read_bytes()


def layer_of(name: str, path: Path) -> Layer:
    """A file of a model that is a folder."""
    return Layer(media.FILE, Digest.of_file(path), path.stat().st_size, name=name)


@cache
def bundled_image() -> "Model | None":
    """The bundled model that makes images; None where this installation has none."""
    index = Path(TINY_IMAGE) / "model_index.json"
    if not index.is_file():
        return None
    from puna.library.model import Model

    blobs = BundledFolder(Path(TINY_IMAGE))
    return Model(
        name=IMAGE_NAME,
        modified=datetime.fromtimestamp(index.stat().st_mtime, UTC),
        manifest=Manifest.of(blobs.config, blobs.layers),
        blobs=blobs,
        bundled=True,
    )


@cache
def bundled() -> "Model | None":
    """The bundled model; None where this installation has none."""
    return model_of(Path(TINY)) if os.path.isfile(TINY) else None


def model_of(weights: Path) -> "Model":
    """The bundled model, made from one GGUF file."""
    from puna.library.model import Model

    blobs = BundledBlobs(weights)
    return Model(
        name=NAME,
        modified=datetime.fromtimestamp(weights.stat().st_mtime, UTC),
        manifest=Manifest.of(blobs.config, [blobs.weights]),
        blobs=blobs,
        bundled=True,
    )
