"""The layouts of all architectures, against headers that were recorded.

`headers/` has for each the header that Ollama's converter wrote of a model of toy size, and the ones that llama.cpp's
converter wrote of the same: values, and each tensor's shape with its type at the end. docs/models.md says how they
were made, and what was compared with the weights at hand.
"""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

from puna.formats.gguf import TENSOR_TYPES, Array, Metadata
from puna.library.layouts.readable import Readable
from puna.library.layouts.translations import Translations
from tests.library.ggufs import write_tensors

RECORDED = sorted((Path(__file__).parent / "headers").glob("*.json"))
FROM_TOKENIZER = "tokenizer."
"""The toys' tokenizers are not the models' own, and the converters guess differently what they are."""
NOT_SAID = {
    "deepseek2.vocab_size",  # it is the number of the tokens
    "gemma3n.feed_forward_length",  # one number is as good as the same for each layer
    "gemma3.mm.tokens_per_image",  # nobody reads it
    *(f"{name}.attention.recurrent_layers" for name in ("qwen35", "qwen35moe", "qwen3next")),  # all but every fourth
    *(
        f"{name}.rope.scaling.yarn_beta_{end}" for name in ("gpt-oss", "olmo2") for end in ("fast", "slow")
    ),  # 32 and 1
}
"""What llama.cpp's converter writes and its reader knows without."""
CUT = {"gemma3n": {"token_embd.weight", "per_layer_token_embd.weight"}}
"""Embeddings of different length in the old file: llama.cpp's converter fills one up, Puna cuts the other."""


@pytest.fixture(params=RECORDED, ids=lambda path: path.stem)
def name(request: pytest.FixtureRequest) -> str:
    path: Path = request.param
    return path.stem


def recorded(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((Path(__file__).parent / "headers" / f"{name}.json").read_text())
    return document


def published(name: str, path: Path) -> Path:
    """The file whose header was recorded, with zeros for weights."""
    header = recorded(name)["published"]
    values = {key: value for key, value in header["values"].items() if key != "general.architecture" and value != []}
    values["tokenizer.ggml.tokens"] = ["a", "[IMG_BREAK]"]
    tensors = {tensor: zeros(shape, kind) for tensor, (*shape, kind) in header["tensors"].items()}
    return write_tensors(path, header["values"]["general.architecture"], values, tensors)


def zeros(shape: list[int], kind: int) -> np.ndarray[Any, Any]:
    if kind == gguf.GGMLQuantizationType.BF16:
        kind = gguf.GGMLQuantizationType.F16
    if kind in (gguf.GGMLQuantizationType.F32, gguf.GGMLQuantizationType.F16):
        return np.zeros(shape[::-1], np.float32 if kind == gguf.GGMLQuantizationType.F32 else np.float16)
    _, block, size = TENSOR_TYPES[kind]
    return np.zeros((*shape[:0:-1], shape[0] // block * size), np.uint8)


def check(translated: Path, reference: Mapping[str, Any], cut: set[str]) -> None:
    header = Metadata.read(translated)
    shapes = {tensor.name: trimmed(tensor.shape) for tensor in header.tensors if tensor.name not in cut}
    assert shapes == {name: trimmed(shape) for name, (*shape, _) in reference["tensors"].items() if name not in cut}
    for key, wanted in reference["values"].items():
        if not key.startswith(FROM_TOKENIZER) and key not in NOT_SAID:
            found = header.values.get(key)
            assert alike(header.array(key) if isinstance(found, Array) else found, wanted), key


def trimmed(shape: Sequence[int]) -> list[int]:
    """A shape without ones at its end, which mean nothing."""
    found = [*shape]
    while len(found) > 1 and found[-1] == 1:
        found.pop()
    return found


def alike(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(alike, found, wanted))
    if isinstance(wanted, float):
        return isinstance(found, int | float) and math.isclose(found, wanted, rel_tol=1e-5)
    return bool(found == wanted)


def test_the_header_is_the_one_of_llama_cpps_converter(name: str, tmp_path: Path) -> None:
    document, cut = recorded(name), CUT.get(name, set())
    readable = Readable(published(name, tmp_path / "published.gguf"), Translations(tmp_path / "translated"))
    assert readable.translation, "the layout is not recognised"
    check(readable.path, document["reference"], cut)
    if "projector" in document:
        assert readable.projector
        check(readable.projector, document["projector"], cut)
