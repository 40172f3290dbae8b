"""Gemma 3 at toy size, with its tower."""

from pathlib import Path

import numpy as np

from tests.library.ggufs import write_tensors
from tests.library.layouts.toys import TEMPLATE, WIDTH, Drawing, Tensors, Toy, pieces_vocabulary, renamed

_HEADS, _KEYS, _HEAD, _INNER, _LAYERS = 4, 2, 16, 96, 6
_TOWER, _TOWER_INNER, _IMAGE, _PATCH = 32, 48, 64, 8
_SPECIALS = (
    "<pad>",
    "<eos>",
    "<bos>",
    "<unk>",
    "<start_of_turn>",
    "<end_of_turn>",
    "<start_of_image>",
    "<end_of_image>",
)
_NAMES = {
    "patch_embd": "patch_embedding",
    "position_embd": "position_embedding",
    "post_ln": "post_layernorm",
    ".ln1": ".layer_norm1",
    ".ln2": ".layer_norm2",
    ".attn_out.": ".attn_output.",
    ".ffn_up": ".mlp.fc1",
    ".ffn_down": ".mlp.fc2",
    "mm.input_projection": "mm.mm_input_projection",
    "mm.soft_emb_norm": "mm.mm_soft_emb_norm",
}


def write_gemma3(folder: Path) -> Toy:
    """All three files. The published one has a token more than the embedding has rows."""
    vocabulary = pieces_vocabulary(*_SPECIALS)
    rows = len(vocabulary["tokenizer.ggml.tokens"])
    ids = {"bos": 2, "eos": 1, "padding": 0, "unknown": 3}
    shared: dict[str, object] = {f"tokenizer.ggml.{role}_token_id": number for role, number in ids.items()}
    shared |= {"tokenizer.ggml.add_bos_token": True, "tokenizer.chat_template": TEMPLATE} | {
        f"gemma3.{key}": value
        for key, value in {
            "context_length": 131_072,
            "block_count": _LAYERS,
            "embedding_length": WIDTH,
            "feed_forward_length": _INNER,
            "attention.head_count": _HEADS,
            "attention.head_count_kv": _KEYS,
            "attention.key_length": _HEAD,
            "attention.value_length": _HEAD,
            "attention.sliding_window": 32,
        }.items()
    }
    told = {
        "attention.layer_norm_rms_epsilon": 1e-6,
        "rope.freq_base": 1_000_000.0,
        "rope.freq_base_swa": 10_000.0,
        "rope.scaling.type": "linear",
        "rope.scaling.factor": 8.0,
    }
    reference = {**shared, **vocabulary, **{f"gemma3.{key}": value for key, value in told.items()}}
    reference["tokenizer.ggml.add_space_prefix"] = False
    published = {**shared, **_with_one_more(vocabulary), **_tower_keys("gemma3.vision.")}
    published |= {
        "gemma3.rope.global.freq_base": 1_000_000.0,
        "gemma3.rope.local.freq_base": 10_000.0,
        "gemma3.mm.tokens_per_image": 16,
    }
    projector = _tower_keys("clip.vision.") | {
        "general.type": "mmproj",
        "clip.has_vision_encoder": True,
        "clip.projector_type": "gemma3",
        "clip.use_gelu": True,
        "clip.vision.projection_dim": WIDTH,
        "clip.vision.projector.scale_factor": 2,
        "clip.vision.image_mean": [0.5] * 3,
        "clip.vision.image_std": [0.5] * 3,
    }
    text, tower = _text(rows), _tower()
    wide = {name: tensor.astype(np.float32) if "_embd" in name else tensor for name, tensor in tower.items()}
    return Toy(
        write_tensors(folder / "reference.gguf", "gemma3", reference, text),
        write_tensors(folder / "published.gguf", "gemma3", published, renamed(text | renamed(tower, _NAMES), {})),
        write_tensors(folder / "projector.gguf", "clip", projector, wide),
    )


def _with_one_more(vocabulary: dict[str, list[object]]) -> dict[str, list[object]]:
    more = {"tokens": "<image_soft_token>", "scores": 0.0, "token_type": 3}
    longer = {f"tokenizer.ggml.{key}": [*vocabulary[f"tokenizer.ggml.{key}"], value] for key, value in more.items()}
    return vocabulary | longer


def _tower_keys(prefix: str) -> dict[str, object]:
    numbers = {
        "block_count": 2,
        "embedding_length": _TOWER,
        "feed_forward_length": _TOWER_INNER,
        "image_size": _IMAGE,
        "patch_size": _PATCH,
        "attention.head_count": 2,
        "attention.layer_norm_epsilon": 1e-6,
    }
    return {prefix + key: value for key, value in numbers.items()}


def _text(rows: int) -> Tensors:
    draw = Drawing(seed=2)
    tensors: Tensors = {"token_embd.weight": draw.matrix(rows, WIDTH), "output_norm.weight": draw.vector(WIDTH, 1)}
    for layer in range(_LAYERS):
        block = f"blk.{layer}."
        for part, heads in (("q", _HEADS), ("k", _KEYS), ("v", _KEYS)):
            tensors[f"{block}attn_{part}.weight"] = draw.matrix(heads * _HEAD, WIDTH)
        tensors[f"{block}attn_output.weight"] = draw.matrix(WIDTH, _HEADS * _HEAD)
        for part, shape in (("gate", (_INNER, WIDTH)), ("up", (_INNER, WIDTH)), ("down", (WIDTH, _INNER))):
            tensors[f"{block}ffn_{part}.weight"] = draw.matrix(*shape)
        norms = {
            "attn": WIDTH,
            "post_attention": WIDTH,
            "ffn": WIDTH,
            "post_ffw": WIDTH,
            "attn_q": _HEAD,
            "attn_k": _HEAD,
        }
        tensors |= {f"{block}{name}_norm.weight": draw.vector(size, 1) for name, size in norms.items()}
    return tensors


def _tower() -> Tensors:
    draw = Drawing(seed=3)
    tensors: Tensors = {
        "mm.input_projection.weight": draw.matrix(_TOWER, WIDTH),
        "mm.soft_emb_norm.weight": draw.vector(_TOWER, 1),
        "v.patch_embd.weight": draw.matrix(_TOWER, 3, _PATCH, _PATCH),
        "v.patch_embd.bias": draw.vector(_TOWER),
        "v.position_embd.weight": draw.matrix((_IMAGE // _PATCH) ** 2, _TOWER),
        "v.post_ln.weight": draw.vector(_TOWER, 1),
        "v.post_ln.bias": draw.vector(_TOWER),
    }
    tensors["v.patch_embd.bias"] = tensors["v.patch_embd.bias"].astype(np.float32)
    for layer in range(2):
        block = f"v.blk.{layer}."
        for part in ("attn_q", "attn_k", "attn_v", "attn_out"):
            tensors[f"{block}{part}.weight"] = draw.matrix(_TOWER, _TOWER)
            tensors[f"{block}{part}.bias"] = draw.vector(_TOWER)
        for part, size, shape in (
            ("up", _TOWER_INNER, (_TOWER_INNER, _TOWER)),
            ("down", _TOWER, (_TOWER, _TOWER_INNER)),
        ):
            tensors[f"{block}ffn_{part}.weight"] = draw.matrix(*shape)
            tensors[f"{block}ffn_{part}.bias"] = draw.vector(size)
        for part in ("ln1", "ln2"):
            tensors[f"{block}{part}.weight"] = draw.vector(_TOWER, 1)
            tensors[f"{block}{part}.bias"] = draw.vector(_TOWER)
    return tensors
