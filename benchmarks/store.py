"""A models folder in Ollama's layout, with a model put in by a hard link."""

import os
from pathlib import Path

from puna.formats.gguf import Metadata
from puna.library import manifest as media
from puna.library.config import Config
from puna.library.digest import Digest
from puna.library.manifest import Layer, Manifest
from puna.library.names import ModelName


def add_model(models: Path, name: str, weights: Path) -> None:
    """Put a GGUF file into the folder under that name. File and folder are on one file system."""
    blobs = models / "blobs"
    blobs.mkdir(parents=True, exist_ok=True)
    layer = Layer(media.WEIGHTS, Digest.of_file(weights), weights.stat().st_size)
    if not (blob := blobs / layer.digest.filename).exists():  # two names may have the same weights
        os.link(weights, blob)
    content = Config.of(Metadata.read(weights)).encode([str(layer.digest)])
    config = Layer(media.CONFIG, Digest.of(content), len(content))
    (blobs / config.digest.filename).write_bytes(content)
    path = models / "manifests" / ModelName.parse(name).path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(Manifest.of(config, [layer]).raw)
