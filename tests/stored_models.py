"""Models for tests that need a model, whatever it says."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

from benchmarks.random_model import SHAPES, write_random_model
from puna.core.footprint import RAM, Footprint
from puna.engines.engine import Task
from puna.engines.launch import Launch
from puna.engines.llama.launch import LlamaLaunch
from puna.engines.llama.sizing import plan_llama
from puna.engines.model import EngineModel
from puna.engines.settings import EngineSettings

OLLAMA = "application/vnd.ollama.image"


def write_micro_model(path: Path, *, seed: int = 0, context: int = 2048) -> Path:
    """A model of 0.3 MB with random weights that never ends its answer by itself."""
    write_random_model(path, replace(SHAPES["micro"], context=context), seed=seed)
    return path


def add_model(
    models: Path, name: str, weights: Path, parameters: dict[str, object] | None = None, **parts: Path
) -> None:
    """Put a GGUF file into a store, in Ollama's layout, under `name` (`model` or `namespace/model`). `parts` are
    further files by their kinds: `projector`, `adapter`."""
    layers = [_add_blob(models, weights.read_bytes(), f"{OLLAMA}.model")]
    layers += [_add_blob(models, path.read_bytes(), f"{OLLAMA}.{kind}") for kind, path in parts.items()]
    if parameters:
        layers.append(_add_blob(models, json.dumps(parameters).encode(), f"{OLLAMA}.params"))
    _add_manifest(models, name, b"{}", layers)


def _add_manifest(models: Path, name: str, config: bytes, layers: list[dict[str, object]]) -> None:
    blob = _add_blob(models, config, "application/vnd.docker.container.image.v1+json")
    manifest = models / "manifests" / "registry.ollama.ai" / (name if "/" in name else f"library/{name}") / "latest"
    manifest.parent.mkdir(parents=True, exist_ok=True)
    media_type = "application/vnd.docker.distribution.manifest.v2+json"
    content = {"schemaVersion": 2, "mediaType": media_type, "config": blob, "layers": layers}
    manifest.write_text(json.dumps(content))


def add_formatted_model(models: Path, name: str, form: str, capabilities: list[str]) -> None:
    """Put a model into a store that has no weights: its config says its format, and what it can be asked for."""
    config = {"model_format": form, "capabilities": capabilities}
    _add_manifest(models, name, json.dumps(config).encode(), [])


def _add_blob(models: Path, content: bytes, media_type: str) -> dict[str, object]:
    digest = hashlib.sha256(content).hexdigest()
    blob = models / "blobs" / f"sha256-{digest}"
    blob.parent.mkdir(parents=True, exist_ok=True)
    blob.write_bytes(content)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}


def plan_templated(model: EngineModel, task: Task, settings: EngineSettings) -> Launch | None:
    """llama.cpp for models with a chat template of their own, to put before a scripted engine."""
    return plan_llama(model, task, settings) if model.metadata.chat_template else None


def micro_launch(weights: Path, *, context: int = 2048, program: Path | None = None) -> LlamaLaunch:
    """A small launch of those weights."""
    return LlamaLaunch(
        weights=weights,
        context_length=context,
        sequences=2,
        cache_tokens=2 * context,
        threads=1,
        program=program,
        footprint=Footprint({RAM: weights.stat().st_size if weights.exists() else 1}),
    )
