"""DeepSeek-OCR: two towers, SAM and CLIP, in the model's file."""

from puna.library.layouts.computed import convolve, promote
from puna.library.layouts.layout import Layout
from puna.library.layouts.rewrite import Rewrite
from puna.library.layouts.vision import HALF, SIGLIP_BLOCKS

_KEYS = {
    "vision.block_count": "clip.vision.block_count",
    "vision.embedding_length": "clip.vision.embedding_length",
    "vision.head_count": "clip.vision.attention.head_count",
    "vision.image_size": "clip.vision.image_size",
    "vision.patch_size": "clip.vision.patch_size",
    "sam.block_count": "clip.vision.sam.block_count",
    "sam.embedding_length": "clip.vision.sam.embedding_length",
    "sam.head_count": "clip.vision.sam.head_count",
}

_NAMES = {
    "v.sam.position_embd": "v.sam.pos_embd.weight",
    "self_attn.out_proj": "attn_out",
    "self_attn.qkv_proj": "attn_qkv",
    **SIGLIP_BLOCKS,
    "v.pre_layrnorm": "v.pre_ln",
    "attn.proj": "attn.out",
    "attn.rel_pos_h": "attn.pos_h.weight",
    "attn.rel_pos_w": "attn.pos_w.weight",
    "norm1": "pre_ln",
    "norm2": "post_ln",
    "mm.layers": "mm.model.fc",
    "mm.image_newline": "v.image_newline",
    "mm.view_seperator": "v.view_seperator",
}

_CONVOLUTIONS = tuple(f"v.sam.{part}.weight" for part in ("neck.0", "neck.2", "net_2", "net_3"))


def text(rewrite: Rewrite) -> None:
    """The architecture's name, and the widths of the experts, which are only in their tensors."""
    rewrite.become("deepseek2-ocr")
    rewrite.default({"deepseek2-ocr.attention.layer_norm_rms_epsilon": 1e-6})
    expert, shared = (rewrite.shape(f"blk.1.ffn_down_{kind}.weight") for kind in ("exps", "shexp"))
    if expert:
        rewrite.default({"deepseek2-ocr.expert_feed_forward_length": expert[0]})
        width = rewrite.get("deepseek2-ocr.expert_feed_forward_length")
        rewrite.default({"deepseek2-ocr.expert_shared_count": shared and shared[0] // width})


def projector(rewrite: Rewrite) -> None:
    """Both towers, and the projection of what they see."""
    rewrite.take(_KEYS, "deepseekocr.")
    rewrite.default(
        {
            "clip.has_vision_encoder": True,
            "clip.projector_type": "deepseekocr",
            "clip.use_gelu": True,
            "clip.vision.feed_forward_length": 64,  # asked for, but not used
            "clip.vision.projection_dim": 1280,
            "clip.vision.projector.scale_factor": 1,
            "clip.vision.window_size": 14,
            "clip.vision.attention.layer_norm_epsilon": 1e-6,
            **HALF,
        }
    )
    rewrite.rename_beginning("s.", "v.sam.")
    rewrite.rename(_NAMES)
    convolve(rewrite, "v.sam.patch_embd.weight")
    promote(rewrite, "v.patch_embd.weight", "v.position_embd.weight", *_CONVOLUTIONS)


_TOWERS = ("s.", "v.", "mm.")

DEEPSEEKOCR = Layout(
    "a different name for the architecture, both vision towers in the model's file",
    text,
    projector=projector,
    hidden=_TOWERS,
    embedded=_TOWERS,
)
