"""Which type each matrix of a model gets when the model is quantized."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from gguf import GGML_QUANT_SIZES, LlamaFileType
from gguf import GGMLQuantizationType as Type

from puna.library.kquants import IN_THEIR_PLACE, K_TYPES

Rule = Callable[[int, int], Type | None]
"""The type for one of so many layers; None for the one that was asked for."""

# Small and sensitive: positions, token types, the choice of experts keep their precision, as in llama.cpp.
_PRECISE = ("position_embd.weight", "token_types.weight", "ffn_gate_inp.weight")
_BLOCK = re.compile(r"blk\.(\d+)\.(attn_v|attn_qkv|attn_kv_b|attn_output|ffn_down|ffn_down_exps)\.weight")
_KINDS = {"attn_qkv": "attn_v", "attn_kv_b": "attn_v", "ffn_down_exps": "ffn_down"}
SHARED = 4
"""From so many heads to one matrix of values on, that matrix is small beside its weight, and gets more bits."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a model decides on its types: its layers, how many heads share a matrix of values, and whether the
    token embeddings are its output matrix, too."""

    layers: int = 0
    sharing: int = 1
    tied: bool = False


def everywhere(kind: Type) -> Rule:
    return lambda _layer, _layers: kind


def sensitive(kind: Type) -> Rule:
    """The first and last eighth of the layers, and every third between."""
    return lambda layer, layers: (
        kind if layer < layers // 8 or layer >= 7 * layers // 8 or (layer - layers // 8) % 3 == 2 else None
    )


def first(kind: Type, part: int, otherwise: Type | None = None) -> Rule:
    """The first eighth, or whichever part, of the layers."""
    return lambda layer, layers: kind if layer < layers // part else otherwise


def first_few(kind: Type, count: int, otherwise: Type | None = None) -> Rule:
    return lambda layer, _: kind if layer < count else otherwise


MIXTURES: dict[LlamaFileType, dict[str, Rule]] = {
    LlamaFileType.MOSTLY_Q5_K_M: {"attn_v": sensitive(Type.Q6_K), "ffn_down": sensitive(Type.Q6_K)},
    LlamaFileType.MOSTLY_Q4_K_M: {"attn_v": sensitive(Type.Q6_K), "ffn_down": sensitive(Type.Q6_K)},
    LlamaFileType.MOSTLY_Q4_K_S: {"attn_v": first_few(Type.Q5_K, 4), "ffn_down": first(Type.Q5_K, 8)},
    LlamaFileType.MOSTLY_Q3_K_L: dict.fromkeys(("attn_v", "attn_output", "ffn_down"), everywhere(Type.Q5_K)),
    LlamaFileType.MOSTLY_Q3_K_M: {
        "attn_v": first_few(Type.Q5_K, 2, Type.Q4_K),
        "attn_output": everywhere(Type.Q4_K),
        "ffn_down": first(Type.Q5_K, 16, Type.Q4_K),
    },
    LlamaFileType.MOSTLY_Q2_K: dict.fromkeys(("attn_v", "attn_output", "ffn_down"), everywhere(Type.Q3_K)),
}
"""The matrices of a layer that llama.cpp gives more bits than the others."""
_FOR_OUTPUT = {
    **dict.fromkeys((Type.Q2_K, Type.Q3_K, Type.Q4_K, Type.Q5_K), Type.Q6_K),
    **dict.fromkeys((Type.Q4_0, Type.Q4_1, Type.Q5_0, Type.Q5_1), Type.Q8_0),
}


def type_of(
    name: str, size: tuple[int, ...], wanted: Type, file_type: LlamaFileType | None = None, shape: Shape | None = None
) -> Type:
    """The type a tensor gets when the model's matrices are to be `wanted`. `size` is numpy's, rows first."""
    if len(size) < 2 or name.endswith(_PRECISE) or "_norm" in name:
        return Type.F32
    kind = _mixed(name, wanted, file_type, shape or Shape())
    block, _ = GGML_QUANT_SIZES[kind]
    if kind in K_TYPES and size[-1] % block:
        kind = IN_THEIR_PLACE[kind]
        block, _ = GGML_QUANT_SIZES[kind]
    return kind if size[-1] % block == 0 else Type.F16


def _mixed(name: str, wanted: Type, file_type: LlamaFileType | None, shape: Shape) -> Type:
    if name == "output.weight" or (shape.tied and name == "token_embd.weight"):
        return _FOR_OUTPUT.get(wanted, wanted)
    if file_type is None or not (match := _BLOCK.fullmatch(name)):
        return wanted
    kind = _KINDS.get(match[2], match[2])
    if file_type == LlamaFileType.MOSTLY_Q2_K and kind == "attn_v" and shape.sharing >= SHARED:
        return Type.Q4_K
    rule = MIXTURES.get(file_type, {}).get(kind)
    return (rule and rule(int(match[1]), shape.layers)) or wanted
