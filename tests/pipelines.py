"""Folders as diffusers has them, with weights that say nothing."""

import json
import struct
from pathlib import Path

INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "unet": ["diffusers", "UNet2DConditionModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "safety_checker": [None, None],
}


def safetensors(numbers: int, kind: str = "F16", width: int = 2) -> bytes:
    """A file with one tensor of zeros."""
    header = json.dumps({"w": {"dtype": kind, "shape": [numbers], "data_offsets": [0, width * numbers]}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(width * numbers)


def files(**more: bytes) -> dict[str, bytes]:
    """The files of a repository with more in it than a pipeline needs."""
    return {
        "model_index.json": json.dumps(INDEX).encode(),
        "README.md": b"# A model",
        "whole.safetensors": safetensors(9),
        "unet/config.json": b"{}",
        "unet/diffusion_pytorch_model.safetensors": safetensors(1000, "F32", 4),
        "unet/diffusion_pytorch_model.fp16.safetensors": safetensors(1000),
        "unet/diffusion_pytorch_model.bin": b"pickled",
        "tokenizer/vocab.json": b"{}",
        "tokenizer/merges.txt": b"#version: 0.2\n",
        **more,
    }


WANTED = {
    "model_index.json",
    "unet/config.json",
    "unet/diffusion_pytorch_model.safetensors",
    "tokenizer/vocab.json",
    "tokenizer/merges.txt",
}
"""The names of those that a model is made of."""


def write(folder: Path, contents: dict[str, bytes]) -> Path:
    """Write the files below a folder."""
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder
