"""Files in Ollama's layout that are written here, as no version of its converter writes them any more."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gguf import GGUFReader, GGUFValueType, GGUFWriter

from tests.library.ggufs import add, finish

BESIDE = "published-projector.gguf"
"""A projector that is published as a file of its own."""


def embeddinggemma(reference: Path, target: Path) -> None:
    """EmbeddingGemma under Gemma 3's name, with the layers of sentence-transformers by their numbers."""
    widths = (f"gemma-embedding.dense_{number}_feat_{way}" for number in (2, 3) for way in ("in", "out"))
    names = {"dense_2.": "dense.0.", "dense_3.": "dense.1.", "output_norm.": "norm."}
    without = {*widths, "tokenizer.ggml.add_space_prefix"}
    _rewritten(reference, target, "gemma3", names, without, {"gemma3.attention.causal": False})


def llama3(reference: Path, target: Path) -> None:
    """Llama 3 in its first days: nothing says its tokenizer's kind, and an answer ends where a text does."""
    without = {"tokenizer.ggml.pre", "tokenizer.ggml.eos_token_id"}
    _rewritten(reference, target, "llama", {}, without, {"tokenizer.ggml.eos_token_id": 128_001})


def arctic(reference: Path, target: Path) -> None:
    """The table of characters in letters, each a text of its own."""
    table = "tokenizer.ggml.precompiled_charsmap"
    letters = base64.b64encode(bytes(GGUFReader(reference).fields[table].contents())).decode()
    _rewritten(reference, target, "bert", {}, {table}, {table: [*letters]})


def llava(reference: Path, target: Path) -> None:
    """LLaVA in its first days: its projector, a file of its own, says no kind."""
    target.hardlink_to(reference)
    kind = {"clip.projector_type"}
    _rewritten(reference.with_name("projector.gguf"), target.with_name(BESIDE), "clip", {}, kind, {})


def _rewritten(
    source: Path,
    target: Path,
    architecture: str,
    names: Mapping[str, str],
    without: set[str],
    values: Mapping[str, Any],
) -> None:
    """Copy a file: its keys under another architecture, parts of tensors' names replaced."""
    reader, writer = GGUFReader(source), GGUFWriter(target, architecture)
    old = reader.fields["general.architecture"].contents()
    for key, field in reader.fields.items():
        if key.startswith("GGUF.") or key == "general.architecture" or key in without:
            continue
        inner = field.types[-1] if field.types[0] == GGUFValueType.ARRAY else None
        key = f"{architecture}.{key.removeprefix(f'{old}.')}" if key.startswith(f"{old}.") else key
        writer.add_key_value(key, field.contents(), field.types[0], inner)
    for key, value in values.items():
        add(writer, key, value)
    for tensor in reader.tensors:
        name = tensor.name
        for before, behind in names.items():
            name = name.replace(before, behind)
        writer.add_tensor(name, tensor.data, raw_dtype=tensor.tensor_type)
    finish(writer)


WRITTEN = {"arctic": arctic, "embeddinggemma": embeddinggemma, "llama3": llama3, "llava": llava}
