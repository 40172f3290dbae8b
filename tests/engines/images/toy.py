"""A pipeline as small as `tiny-image` that has learned nothing: its folder is written without torch.

`toy.json` has its configurations, and the shapes of its weights.
"""

import json
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

DESCRIPTION = Path(__file__).with_name("toy.json")


def write_toy(folder: Path) -> Path:
    """Write the pipeline, with random weights that are always the same."""
    description = json.loads(DESCRIPTION.read_text())
    for name, text in description["texts"].items():
        _path(folder, name).write_text(json.dumps(text))
    for name, shapes in description["tensors"].items():
        _path(folder, name).write_bytes(_safetensors(shapes))
    return folder


def _path(folder: Path, name: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _safetensors(shapes: dict[str, list[int]]) -> bytes:
    chance = np.random.default_rng(0)
    header: dict[str, Any] = {}
    contents = []
    at = 0
    for name, shape in shapes.items():
        content = (chance.standard_normal(prod(shape)) * 0.05).astype("<f2").tobytes()
        header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [at, at + len(content)]}
        contents.append(content)
        at += len(content)
    begin = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    return len(begin).to_bytes(8, "little") + begin + b"".join(contents)
