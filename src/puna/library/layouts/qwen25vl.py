"""Qwen 2.5-VL."""

from puna.library.layouts.layout import Layout
from puna.library.layouts.rewrite import Rewrite
from puna.library.layouts.vision import CLIP, vision_keys

_NAMES = {
    "v.merger.ln_q": "v.post_ln",
    "v.merger.mlp.0": "mm.0",
    "v.merger.mlp.2": "mm.2",
    "v.patch_embd_0.weight": "v.patch_embd.weight",
    "v.patch_embd_1.weight": "v.patch_embd.weight.1",
}

_IMAGE_SIZE = 560
_WINDOWED = 8
"""Every eighth layer of the published sizes looks at the whole picture."""


def text(rewrite: Rewrite) -> None:
    """The architecture's older name, and positions in four parts, of which the last is empty."""
    rewrite.become("qwen2vl")
    four_sections(rewrite, "qwen2vl.rope.mrope_section", "qwen2vl.rope.dimension_sections")


def four_sections(rewrite: Rewrite, old: str, new: str) -> None:
    """How a head's rotations are shared among time, rows and columns: llama.cpp asks for a fourth number."""
    sections = rewrite.get(old)
    if sections is not None:
        rewrite.drop(old)
        rewrite.set({new: [*map(int, sections), 0][:4]})


def projector(rewrite: Rewrite) -> None:
    """The tower with its windows, and the merger as a projection of two layers."""
    vision_keys(rewrite, "qwen25vl")
    rewrite.take({"vision.window_size": "clip.vision.window_size"}, "qwen25vl.")
    whole = rewrite.source.array("qwen25vl.vision.fullatt_block_indexes")
    inner = rewrite.shape("v.blk.0.ffn_up.weight")
    rewrite.default(
        {
            "clip.projector_type": "qwen2.5vl_merger",
            "clip.use_silu": True,
            "clip.vision.feed_forward_length": inner and inner[1],
            "clip.vision.n_wa_pattern": whole[0] + 1 if whole else _WINDOWED,
            "clip.vision.image_size": _IMAGE_SIZE,
            **CLIP,
        }
    )
    rewrite.rename(_NAMES)


QWEN25VL = Layout(
    "a different name for the architecture, the vision tower in the model's file", text, projector=projector
)
