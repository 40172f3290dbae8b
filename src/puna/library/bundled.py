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
from puna.models import TINY, TINY_IMAGE, TINY_IMAGE_NAME, TINY_NAME, TINY_PROJECTOR

if TYPE_CHECKING:
    from puna.library.model import Model

NAME = ModelName.parse(TINY_NAME)
IMAGE_NAME = ModelName.parse(TINY_IMAGE_NAME)


class BundledBlobs:
    """The bundled model's blobs: weights and projector are files of the package, the config is made from them."""

    def __init__(self, weights: Path, projector: Path | None = None) -> None:
        from puna.formats.gguf import Metadata  # a list of models that knows this one already does without it

        files = {media.WEIGHTS: weights, **({media.PROJECTOR: projector} if projector else {})}
        self.layers = [Layer(kind, Digest.of_file(path), path.stat().st_size) for kind, path in files.items()]
        self._paths = dict(zip((layer.digest for layer in self.layers), files.values(), strict=True))
        own, *projectors = (Metadata.read(path) for path in files.values())
        self._config = Config.of(own, projectors).encode(str(layer.digest) for layer in self.layers)
        self.config = Layer(media.CONFIG, Digest.of(self._config), len(self._config))

    def path(self, digest: Digest) -> Path:
        """All but the config are files."""
        return self._paths[digest]

    @property
    def translations(self) -> None:
        """It is made for llama.cpp."""
        return None

    def read(self, digest: Digest) -> bytes:
        """A blob's content."""
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
    if not os.path.isfile(TINY):
        return None
    return model_of(Path(TINY), Path(TINY_PROJECTOR) if os.path.isfile(TINY_PROJECTOR) else None)


def model_of(weights: Path, projector: Path | None = None) -> "Model":
    """The bundled model, made from one GGUF file, or from two if it sees."""
    from puna.library.model import Model

    blobs = BundledBlobs(weights, projector)
    return Model(
        name=NAME,
        modified=datetime.fromtimestamp(weights.stat().st_mtime, UTC),
        manifest=Manifest.of(blobs.config, blobs.layers),
        blobs=blobs,
        bundled=True,
    )
