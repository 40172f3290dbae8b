"""Llama 4, with its vision tower in the model's file."""

from puna.formats.gguf import Metadata
from puna.library.layouts.computed import promote
from puna.library.layouts.layout import Layout, has_tensors
from puna.library.layouts.rewrite import Rewrite
from puna.library.layouts.tokens import pretokenize
from puna.library.layouts.vision import HALF, SIGLIP_BLOCKS, vision_keys

_NAMES = {
    "v.vision_adapter.mlp.fc1": "mm.model.mlp.1",
    "v.vision_adapter.mlp.fc2": "mm.model.mlp.2",
    "mm.linear_1": "mm.model.fc",
    "v.class_embedding": "v.class_embd",
    "v.positional_embedding_vlm": "v.position_embd.weight",
    "v.layernorm_post": "v.post_ln",
    "v.layernorm_pre": "v.pre_ln",
    "v.patch_embedding": "v.patch_embd",
    "attn_norm": "ln1",
    "ffn_norm": "ln2",
    **SIGLIP_BLOCKS,
}


def recognises(header: Metadata) -> bool:
    """llama.cpp's converter keeps the tower elsewhere."""
    return has_tensors(header, "v.", "mm.")


def text(rewrite: Rewrite) -> None:
    """Everything is as llama.cpp has it, but for what older files leave out."""
    pretokenize(rewrite, "llama4")


def projector(rewrite: Rewrite) -> None:
    """The tower, whose patches are shuffled together before they are projected."""
    vision_keys(rewrite, "llama4")
    rewrite.take({"vision.layer_norm_epsilon": "clip.vision.attention.layer_norm_epsilon"}, "llama4.")
    ratio = rewrite.source.get("llama4.vision.pixel_shuffle_ratio") or 0.5
    rewrite.default(
        {
            "clip.projector_type": "llama4",
            "clip.vision.projector_type": "llama4",
            "clip.use_gelu": True,
            "clip.vision.projector.scale_factor": round(1 / ratio),
            **HALF,
        }
    )
    rewrite.rename(_NAMES)
    promote(rewrite, "v.class_embd", "v.position_embd.weight")


LLAMA4 = Layout("the vision tower in the model's file", text, recognises, projector)
