"""What the projectors of several architectures have in common."""

from typing import Any

from puna.library.layouts.rewrite import Rewrite

HALF: dict[str, Any] = {"clip.vision.image_mean": [0.5] * 3, "clip.vision.image_std": [0.5] * 3}
"""Colours from -1 to 1."""

CLIP: dict[str, Any] = {
    "clip.vision.image_mean": [0.48145466, 0.4578275, 0.40821073],
    "clip.vision.image_std": [0.26862954, 0.26130258, 0.27577711],
}
"""Colours as OpenAI's CLIP has them."""

SIGLIP_BLOCKS = {
    "layer_norm1": "ln1",
    "layer_norm2": "ln2",
    "attn_output": "attn_out",
    "mlp.fc1": "ffn_up",
    "mlp.fc2": "ffn_down",
}
"""The parts of a block of a vision tower, as Transformers and as llama.cpp call them."""

_KEYS = {
    key: f"clip.vision.{key}"
    for key in (
        "block_count",
        "embedding_length",
        "feed_forward_length",
        "image_size",
        "patch_size",
        "num_channels",
        "spatial_merge_size",
        "image_mean",
        "image_std",
        "attention.head_count",
        "attention.layer_norm_epsilon",
    )
}


def vision_keys(rewrite: Rewrite, architecture: str) -> None:
    """Take what a file says of its vision tower, and of the width that pictures have to come to."""
    rewrite.take(_KEYS, f"{architecture}.vision.")
    rewrite.take({"embedding_length": "clip.vision.projection_dim"}, f"{architecture}.")
    rewrite.default({"clip.has_vision_encoder": True})
