"""Nemotron 3: recurrent layers and experts, and the one that sees and hears."""

from math import isqrt
from typing import BinaryIO

import numpy as np

from puna.formats.gguf import Metadata
from puna.library.layouts.computed import Floats, convolve, floats, promote
from puna.library.layouts.layout import Layout, has_tensors
from puna.library.layouts.rewrite import F32, Rewrite
from puna.library.layouts.vision import CLIP, vision_keys

_TOWERS = ("a.", "v.", "mm.")
_OMNI_KEYS = {
    key: f"clip.vision.{key}"
    for key in (
        "projector.scale_factor",
        "image_token_id",
        "image_start_token_id",
        "image_end_token_id",
        "max_tiles",
        "min_num_patches",
        "max_num_patches",
    )
}
_OMNI_NAMES = {
    "v.cls_embd": "v.class_embd",
    "mm.norm": "mm.model.mlp.0",
    "mm.1": "mm.model.mlp.1",
    "mm.2": "mm.model.mlp.3",
}


def recognises(header: Metadata) -> bool:
    """Only some sizes need anything: those whose experts work on a narrower copy, or that guess ahead."""
    return has_tensors(header, "mtp.") or any(".ffn_latent_in" in tensor.name for tensor in header.tensors)


def text(rewrite: Rewrite) -> None:
    """The narrower copy's width and names."""
    narrow = [piece.shape[1] for name, piece in rewrite.pieces.items() if name.endswith(".ffn_latent_in.weight")]
    rewrite.default({"nemotron_h_moe.moe_latent_size": narrow[0] if narrow else None})
    rewrite.rename({"ffn_latent_in": "ffn_latent_down", "ffn_latent_out": "ffn_latent_up"})
    rewrite.without("mtp.")


def omni_text(rewrite: Rewrite) -> None:
    """The language model in it, which is one of those that only read."""
    counts = ("nemotron_h_omni.expert_count", "nemotron_h_omni.expert_used_count")
    experts = any(rewrite.get(key) for key in counts)
    rewrite.drop("nemotron_h_omni.vision.", "nemotron_h_omni.audio.")
    rewrite.become("nemotron_h_moe" if experts else "nemotron_h")
    if experts:
        text(rewrite)


def omni_projector(rewrite: Rewrite) -> None:
    """The tower for pictures; llama.cpp can't read that for sound."""
    rewrite.without("a.", "mm.a.")
    vision_keys(rewrite, "nemotron_h_omni")
    rewrite.take(_OMNI_KEYS, "nemotron_h_omni.vision.")
    width = rewrite.get("clip.vision.embedding_length", 1280)
    rewrite.default(
        {
            "clip.has_audio_encoder": False,
            "clip.vision.projector_type": "nemotron_v2_vl",
            "clip.use_gelu": True,
            "clip.vision.block_count": 32,
            "clip.vision.embedding_length": width,
            "clip.vision.feed_forward_length": 4 * width,
            "clip.vision.attention.head_count": 16,
            "clip.vision.attention.layer_norm_epsilon": 1e-6,
            "clip.vision.patch_size": 16,
            "clip.vision.image_size": 512,
            "clip.vision.num_channels": 3,
            "clip.vision.projector.scale_factor": 2,
            **CLIP,
        }
    )
    rewrite.rename(_OMNI_NAMES)
    promote(rewrite, "v.class_embd")
    if "v.position_embd" in rewrite.pieces:
        rewrite.rename({"v.position_embd": "v.position_embd.weight"})
    patch, channels = rewrite.get("clip.vision.patch_size"), rewrite.get("clip.vision.num_channels")
    _fit_positions(rewrite, width, rewrite.get("clip.vision.image_size") // patch)
    convolve(rewrite, "v.patch_embd.weight")
    if len(rewrite.shape("v.patch_embd.weight") or ()) == 2:
        rewrite.reshape("v.patch_embd.weight", patch, patch, channels, width)


def _fit_positions(rewrite: Rewrite, width: int, side: int) -> None:
    """The table of positions is for larger pictures than llama.cpp makes of all: it is scaled down."""
    (piece,) = rewrite.replace("v.position_embd.weight")
    rows = next(size for size in piece.shape if size != 1 and isqrt(size) ** 2 == size and size != width)

    def make(file: BinaryIO) -> list[bytes]:
        table = floats(file, piece).reshape(rows, width) if piece.shape[0] == width else None
        if table is None:
            table = np.ascontiguousarray(floats(file, piece).reshape(width, rows).T)
        return [scaled(table, isqrt(rows), side).tobytes()]

    rewrite.add("v.position_embd.weight", (width, side * side), F32, make)


def scaled(table: Floats, old: int, new: int) -> Floats:
    """A square table at another size, corner on corner, between its numbers by lines."""
    if old == new:
        return table
    grid = table.reshape(old, old, -1)
    places = np.arange(new) * ((old - 1) / max(new - 1, 1))
    low = np.floor(places).astype(int)
    high = np.minimum(low + 1, old - 1)
    part = (places - low).astype(np.float32)[:, None]
    rows = grid[low] * (1 - part[:, None]) + grid[high] * part[:, None]
    columns = rows[:, low] * (1 - part) + rows[:, high] * part
    return np.ascontiguousarray(columns.reshape(new * new, -1), np.float32)


NEMOTRON_H_MOE = Layout(
    "different names of the narrow experts' tensors, multi-token prediction layers", text, recognises
)
NEMOTRON_H_OMNI = Layout(
    "a different name for the architecture, the towers for images and audio in the model's file",
    omni_text,
    projector=omni_projector,
    hidden=_TOWERS,
    embedded=_TOWERS,
)
