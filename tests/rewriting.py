"""GGUF files made from others: the same tensors under another architecture or with other keys."""

from pathlib import Path
from typing import Any

from gguf import GGUFReader, GGUFWriter

from tests.library.ggufs import finish

SKIPPED = frozenset({"general.architecture"})


def rewrite(source: Path, target: Path, *, architecture: str = "llama", **values: float) -> Path:
    """Copy a model, its keys moved to `architecture`. `values` are added; `_` at their start stands for it."""
    reader = GGUFReader(source)
    writer = GGUFWriter(target, architecture)
    for name, field in reader.fields.items():
        if not name.startswith("GGUF.") and name not in SKIPPED:
            kind = field.types[0]
            inner = field.types[-1] if len(field.types) > 1 else None
            writer.add_key_value(moved(name, architecture), field.contents(), kind, inner)
    for name, value in values.items():
        add(writer, f"{architecture}.{name[1:]}" if name.startswith("_") else f"tokenizer.ggml.{name}", value)
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
    finish(writer)
    return target


def moved(name: str, architecture: str) -> str:
    return f"{architecture}.{name.removeprefix('llama.')}" if name.startswith("llama.") else name


def add(writer: Any, name: str, value: float) -> None:
    if isinstance(value, float):
        writer.add_float32(name, value)
    else:
        writer.add_uint32(name, value)
