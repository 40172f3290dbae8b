"""Small models with random weights, as Transformers would save them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Weights = dict[str, npt.NDArray[np.float32]]


def save(folder: Path, config: dict[str, Any], weights: Weights, dtype: str = "F32", **documents: Any) -> Path:
    """Write config.json, model.safetensors, and other JSON documents: `tokenizer` is tokenizer.json."""
    folder.mkdir(exist_ok=True)
    for name, document in {"config": config, **documents}.items():
        (folder / f"{name}.json").write_text(json.dumps(document))
    (folder / "model.safetensors").write_bytes(safetensors(weights, dtype))
    return folder


def safetensors(weights: Weights, dtype: str) -> bytes:
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    data = b""
    for name, values in weights.items():
        raw = _bytes(values, dtype)
        header[name] = {
            "dtype": dtype,
            "shape": values.shape,
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    written = json.dumps(header).encode()
    return len(written).to_bytes(8, "little") + written + data


def _bytes(values: npt.NDArray[np.float32], dtype: str) -> bytes:
    if dtype == "BF16":
        return (values.view(np.uint32) >> 16).astype(np.uint16).tobytes()
    return values.astype({"F32": np.float32, "F16": np.float16}[dtype]).tobytes()


def decoder(config: dict[str, Any], *, seed: int = 0, biases: bool = False, norms: bool = False) -> Weights:
    """The weights of a Llama, with biases (Qwen 2) or norms (Qwen 3) on queries and keys."""
    rng = np.random.default_rng(seed)
    width, inner, heads = config["hidden_size"], config["intermediate_size"], config["num_attention_heads"]
    head = config.get("head_dim", width // heads)
    keys = config["num_key_value_heads"] * head

    def matrix(*shape: int) -> npt.NDArray[np.float32]:
        # Numbers that bfloat16 and float16 hold exactly, so that all types give one result.
        return (rng.integers(-64, 65, shape) / 256).astype(np.float32)

    weights = {
        "model.embed_tokens.weight": matrix(config["vocab_size"], width),
        "model.norm.weight": matrix(width),
    }
    if not config.get("tie_word_embeddings"):
        weights["lm_head.weight"] = matrix(config["vocab_size"], width)
    for layer in range(config["num_hidden_layers"]):
        prefix = f"model.layers.{layer}."
        for part, rows in (("q", heads * head), ("k", keys), ("v", keys)):
            weights[f"{prefix}self_attn.{part}_proj.weight"] = matrix(rows, width)
            if biases:
                weights[f"{prefix}self_attn.{part}_proj.bias"] = matrix(rows)
            if norms and part != "v":
                weights[f"{prefix}self_attn.{part}_norm.weight"] = 1 + matrix(head)
        weights[f"{prefix}self_attn.o_proj.weight"] = matrix(width, heads * head)
        weights[f"{prefix}mlp.gate_proj.weight"] = matrix(inner, width)
        weights[f"{prefix}mlp.up_proj.weight"] = matrix(inner, width)
        weights[f"{prefix}mlp.down_proj.weight"] = matrix(width, inner)
        weights[f"{prefix}input_layernorm.weight"] = 1 + matrix(width)
        weights[f"{prefix}post_attention_layernorm.weight"] = 1 + matrix(width)
    return weights


def byte_level(pattern: str = "") -> dict[str, Any]:
    """A tokenizer of GPT-2's kind: a token for each byte, one merge and one special token."""
    letters = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in letters]
    alphabet = [chr(byte) for byte in letters] + [chr(256 + number) for number, _ in enumerate(others)]
    vocabulary = {letter: number for number, letter in enumerate([*alphabet, "he"])}
    split = [{"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated"}] if pattern else []
    return {
        "model": {"type": "BPE", "vocab": vocabulary, "merges": [["h", "e"]]},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [*split, {"type": "ByteLevel"}]},
        "decoder": {"type": "ByteLevel"},
        "added_tokens": [{"id": 257, "content": "<|end|>", "special": True}],
    }


def sentencepiece() -> dict[str, Any]:
    """A tokenizer of Llama 2's kind."""
    pieces = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    pieces += ["he", "ll", "hell", "\u2581hell", "\u2581", "h", "e", "l", "o"]
    return {
        "model": {
            "type": "BPE",
            "unk_token": "<unk>",
            "byte_fallback": True,
            "vocab": {piece: number for number, piece in enumerate(pieces)},
            "merges": ["h e", "l l", "he ll", "\u2581 hell"],
        },
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "\u2581"}]},
        "decoder": {"type": "Sequence", "decoders": [{"type": "ByteFallback"}]},
        "added_tokens": [
            {"id": number, "content": piece, "special": True} for number, piece in enumerate(pieces[:3])
        ],
    }


def encoder(config: dict[str, Any], *, seed: int = 0) -> Weights:
    """The weights of a BERT."""
    rng = np.random.default_rng(seed)
    width, inner = config["hidden_size"], config["intermediate_size"]
    tables = {"word": config["vocab_size"], "position": config["max_position_embeddings"], "token_type": 2}
    weights = {
        f"embeddings.{name}_embeddings.weight": rng.normal(size=(size, width)) for name, size in tables.items()
    }
    norms = ["embeddings.LayerNorm"]
    for number in range(config["num_hidden_layers"]):
        layer = f"encoder.layer.{number}"
        linears = {f"attention.self.{name}": (width, width) for name in ("query", "key", "value")}
        linears |= {"attention.output.dense": (width, width)}
        linears |= {"intermediate.dense": (inner, width), "output.dense": (width, inner)}
        for name, shape in linears.items():
            weights[f"{layer}.{name}.weight"] = rng.normal(size=shape) / np.sqrt(shape[1])
            weights[f"{layer}.{name}.bias"] = rng.normal(size=shape[0]) / 10
        norms += [f"{layer}.attention.output.LayerNorm", f"{layer}.output.LayerNorm"]
    for name in norms:
        weights[f"{name}.weight"] = 1 + rng.normal(size=width) / 4
        weights[f"{name}.bias"] = rng.normal(size=width) / 10
    return {name: values.astype(np.float32) for name, values in weights.items()}
