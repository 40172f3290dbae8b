"""Qwen 3-VL, and the vision tower that Qwen 3.5 has from it."""

from math import isqrt

from puna.formats.gguf import Metadata
from puna.library.layouts.computed import join, promote, split_frames
from puna.library.layouts.layout import Layout, has_keys
from puna.library.layouts.rewrite import Rewrite
from puna.library.layouts.vision import HALF, vision_keys

_NAMES = {
    "v.merger.norm": "v.post_ln",
    "v.merger.linear_fc1": "mm.0",
    "v.merger.linear_fc2": "mm.2",
    "v.patch_embed.bias": "v.patch_embd.bias",
    "v.pos_embed": "v.position_embd",
    "norm1": "ln1",
    "norm2": "ln2",
    "mlp.linear_fc1": "ffn_up",
    "mlp.linear_fc2": "ffn_down",
}

_SECTIONS = [24, 20, 20, 0]


def recognises(header: Metadata) -> bool:
    """llama.cpp's converter says how positions are shared."""
    return not has_keys(header, "{arch}.rope.dimension_sections")


def text(rewrite: Rewrite) -> None:
    """How positions are shared, and how many layers get a part of the picture directly."""
    architecture = rewrite.source.architecture
    sections = rewrite.get(f"{architecture}.rope.mrope_section") or rewrite.get(f"{architecture}.mrope_sections")
    rewrite.set({f"{architecture}.rope.dimension_sections": [*map(int, sections), 0][:4] if sections else _SECTIONS})
    deep = rewrite.source.array(f"{architecture}.vision.deepstack_visual_indexes")
    expert = rewrite.shape("blk.0.ffn_gate_exps.weight")
    rewrite.default(
        {
            f"{architecture}.n_deepstack_layers": len(deep),
            f"{architecture}.expert_feed_forward_length": expert and expert[1],
        }
    )


def projector(rewrite: Rewrite) -> None:
    """The tower, with queries, keys and values in one tensor, and what goes to deeper layers by its own layer."""
    architecture = rewrite.source.architecture
    vision_keys(rewrite, architecture)
    rewrite.take(
        {
            "temporal_patch_size": "clip.vision.temporal_patch_size",
            "rope.freq_base": "clip.vision.rope.freq_base",
        },
        f"{architecture}.vision.",
    )
    blocks = rewrite.get("clip.vision.block_count", 0)
    deep = rewrite.source.array(f"{architecture}.vision.deepstack_visual_indexes")
    rewrite.default({"clip.vision.is_deepstack_layers": [block in deep for block in range(blocks)]})
    for number, block in enumerate(deep):
        rewrite.rename_beginning(f"v.deepstack_merger.{number}.linear_", f"v.deepstack.{block}.")
        rewrite.rename_beginning(f"v.deepstack_merger.{number}.", f"v.deepstack.{block}.")
    tower(rewrite)


def tower(rewrite: Rewrite) -> None:
    """What the towers of both families need."""
    inner = rewrite.shape("v.blk.0.mlp.linear_fc1.weight")
    positions = rewrite.shape("v.pos_embed.weight")
    rewrite.default(
        {
            "clip.projector_type": "qwen3vl_merger",
            "clip.use_gelu": True,
            "clip.vision.num_channels": 3,
            "clip.vision.feed_forward_length": inner and inner[1],
            "clip.vision.image_size": positions and isqrt(positions[1]) * rewrite.get("clip.vision.patch_size"),
            "clip.vision.attention.layer_norm_epsilon": 1e-6,
            **HALF,
        }
    )
    for block in range(rewrite.get("clip.vision.block_count", 0)):
        for kind in ("weight", "bias"):
            parts = (f"v.blk.{block}.attn_{part}.{kind}" for part in "qkv")
            join(rewrite, f"v.blk.{block}.attn_qkv.{kind}", *parts)
    channels = rewrite.get("clip.vision.num_channels")
    split_frames(rewrite, "v.patch_embed.weight", channels, "v.patch_embd.weight", "v.patch_embd.weight.1")
    rewrite.rename(_NAMES)
    promote(rewrite, "v.position_embd.weight")


QWEN3VL = Layout("the vision tower in the model's file, missing keys", text, recognises, projector)
