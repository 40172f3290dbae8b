"""gpt-oss at toy size."""

from pathlib import Path

import numpy as np

from tests.library.ggufs import write_tensors
from tests.library.layouts.toys import TEMPLATE, WIDTH, Drawing, Tensors, Toy, bytes_vocabulary, renamed

_HEADS, _KEYS, _HEAD, _INNER, _EXPERTS, _LAYERS = 4, 2, 32, 32, 4, 4
_SPECIALS = ("<|startoftext|>", "<|endoftext|>", "<|return|>", "<|start|>", "<|end|>", "<|message|>", "<|channel|>")
_NAMES = {"attn_output.": "attn_out.", "attn_sinks.weight": "attn_sinks", "post_attention_norm": "ffn_norm"}


def write_gptoss(folder: Path) -> Toy:
    """Both files. The published one lacks the experts' width, the way of scaling and the tokenizer's kind."""
    vocabulary = bytes_vocabulary(*_SPECIALS)
    tokens = vocabulary["tokenizer.ggml.tokens"]
    values = {
        "context_length": 4096,
        "block_count": _LAYERS,
        "embedding_length": WIDTH,
        "feed_forward_length": _INNER,
        "expert_count": _EXPERTS,
        "expert_used_count": 2,
        "attention.head_count": _HEADS,
        "attention.head_count_kv": _KEYS,
        "attention.key_length": _HEAD,
        "attention.value_length": _HEAD,
        "attention.layer_norm_rms_epsilon": 1e-5,
        "attention.sliding_window": 16,
        "rope.freq_base": 150_000.0,
        "rope.scaling.factor": 32.0,
        "rope.scaling.original_context_length": 128,
    }
    more = {"expert_feed_forward_length": _INNER, "rope.scaling.type": "yarn"}
    ids = {"bos": "<|startoftext|>", "eos": "<|return|>"}
    shared = vocabulary | {f"tokenizer.ggml.{role}_token_id": tokens.index(text) for role, text in ids.items()}
    shared |= {"tokenizer.chat_template": TEMPLATE}
    tensors = _tensors(len(tokens))
    reference = {**{f"gpt-oss.{key}": value for key, value in (values | more).items()}, **shared}
    published = {**{f"gptoss.{key}": value for key, value in values.items()}, **shared}
    return Toy(
        write_tensors(folder / "gpt-oss.gguf", "gpt-oss", reference | {"tokenizer.ggml.pre": "gpt-4o"}, tensors),
        write_tensors(folder / "gptoss.gguf", "gptoss", published, renamed(tensors, _NAMES)),
    )


def _tensors(vocabulary: int) -> Tensors:
    draw = Drawing(seed=1)
    tensors: Tensors = {
        "token_embd.weight": draw.matrix(vocabulary, WIDTH),
        "output.weight": draw.matrix(vocabulary, WIDTH),
        "output_norm.weight": draw.vector(WIDTH, 1),
    }
    for layer in range(_LAYERS):
        block = f"blk.{layer}."
        for part, heads in (("q", _HEADS), ("k", _KEYS), ("v", _KEYS)):
            tensors[f"{block}attn_{part}.weight"] = draw.matrix(heads * _HEAD, WIDTH)
            tensors[f"{block}attn_{part}.bias"] = draw.vector(heads * _HEAD)
        tensors[f"{block}attn_output.weight"] = draw.matrix(WIDTH, _HEADS * _HEAD)
        tensors[f"{block}attn_output.bias"] = draw.vector(WIDTH)
        tensors[f"{block}attn_sinks.weight"] = draw.vector(_HEADS)
        tensors[f"{block}ffn_gate_inp.weight"] = draw.matrix(_EXPERTS, WIDTH).astype(np.float32)
        tensors[f"{block}ffn_gate_inp.bias"] = draw.vector(_EXPERTS)
        for part, rows, columns in (("gate", _INNER, WIDTH), ("up", _INNER, WIDTH), ("down", WIDTH, _INNER)):
            tensors[f"{block}ffn_{part}_exps.weight"] = draw.blocks(_EXPERTS, rows, columns)
            tensors[f"{block}ffn_{part}_exps.bias"] = draw.vector(_EXPERTS * rows).reshape(_EXPERTS, rows)
        tensors |= {f"{block}{name}.weight": draw.vector(WIDTH, 1) for name in ("attn_norm", "post_attention_norm")}
    return tensors
