"""GGUF files for the tests: small, with random weights."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np

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
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


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
