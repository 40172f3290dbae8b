"""Random-weight models in a store, as Ollama lays it out."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.random_model import SHAPES, Shape, write_random_model


def add_random_model(
    store: Path,
    name: str,
    *,
    seed: int = 0,
    shape: Shape = SHAPES["micro"],
    parameters: Mapping[str, Any] | None = None,
) -> Path:
    """Put a model with random weights into a store, with the PARAMETERs that are given. Returns its weights."""
    blobs = store / "blobs"
    blobs.mkdir(parents=True, exist_ok=True)
    draft = store / f"{name}.gguf"
    write_random_model(draft, shape, seed=seed)
    layers = [blob(blobs, draft.read_bytes(), "application/vnd.ollama.image.model")]
    draft.unlink()
    if parameters:
        layers.append(blob(blobs, json.dumps(parameters).encode(), "application/vnd.ollama.image.params"))
    config = blob(blobs, b'{"model_format": "gguf"}', "application/vnd.docker.container.image.v1+json")
    manifest = store / "manifests" / "registry.ollama.ai" / "library" / name / "latest"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps({"schemaVersion": 2, "config": config, "layers": layers}))
    return blobs / layers[0]["digest"].replace(":", "-")


def blob(blobs: Path, content: bytes, media_type: str) -> dict[str, Any]:
    """Write a blob, and describe it as a manifest does."""
    digest = hashlib.sha256(content).hexdigest()
    (blobs / f"sha256-{digest}").write_bytes(content)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}
