"""GGUF files for the tests: small, with random weights."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import numpy.typing as npt

TOKENS = ["<unk>", "<s>", "</s>", "hello", "world"]


def write(path: Path, *, architecture: str = "llama", values: Mapping[str, Any] | None = None, rows: int = 8) -> Path:
    """Write a GGUF file with one tensor of `rows` by 32 numbers, and what `values` adds to the usual keys."""
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_context_length(256)
    writer.add_block_count(2)
    writer.add_embedding_length(32)
    writer.add_head_count(4)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(TOKENS)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    for key, value in (values or {}).items():
        add(writer, key, value)
    writer.add_tensor("token_embd.weight", np.random.default_rng(rows).random((rows, 32), dtype=np.float32))
    finish(writer)
    return path


def write_tensors(
    path: Path, architecture: str, values: Mapping[str, Any], tensors: Mapping[str, npt.NDArray[Any]]
) -> Path:
    """Write a GGUF file with those keys and tensors, and no others. Tensors of raw bytes are MXFP4."""
    writer = gguf.GGUFWriter(path, architecture)
    for key, value in values.items():
        add(writer, key, value)
    for name, tensor in tensors.items():
        kind = gguf.GGMLQuantizationType.MXFP4 if tensor.dtype == np.uint8 else None
        writer.add_tensor(name, tensor, raw_dtype=kind)
    finish(writer)
    return path


def finish(writer: gguf.GGUFWriter) -> None:
    """Write what a writer was told to its file."""
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add(writer: gguf.GGUFWriter, key: str, value: Any) -> None:
    """Add a key with the type that its value has in Python."""
    match value:
        case bool():
            writer.add_bool(key, value)
        case int():
            writer.add_uint32(key, value)
        case float():
            writer.add_float32(key, value)
        case str():
            writer.add_string(key, value)
        case _:
            writer.add_array(key, value)
