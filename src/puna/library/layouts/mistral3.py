"""Mistral Small 3, Ministral 3 and their like, with Pixtral in the model's file."""

from puna.formats.gguf import Metadata
from puna.library.layouts.computed import pair_rotations, take_row
from puna.library.layouts.layout import Layout, has_keys, has_tensors
from puna.library.layouts.rewrite import Rewrite
from puna.library.layouts.tokens import pretokenize
from puna.library.layouts.vision import CLIP, vision_keys

_KEYS = {
    "mistral3.rope.scaling.beta_fast": "mistral3.rope.scaling.yarn_beta_fast",
    "mistral3.rope.scaling.beta_slow": "mistral3.rope.scaling.yarn_beta_slow",
    "mistral3.rope.scaling.mscale_all_dim": "mistral3.rope.scaling.yarn_log_multiplier",
    "mistral3.rope.scaling_beta": "mistral3.attention.temperature_scale",
}

_ROW_END = "[IMG_BREAK]"

_NAMES = {
    "v.patch_conv": "v.patch_embd",
    "v.encoder_norm": "v.pre_ln",
    "attn_output": "attn_out",
    "attn_norm": "ln1",
    "ffn_norm": "ln2",
    "mm.linear_1": "mm.1",
    "mm.linear_2": "mm.2",
    "mm.patch_merger.merging_layer": "mm.patch_merger",
    "mm.norm": "mm.input_norm",
}


def recognises(header: Metadata) -> bool:
    """llama.cpp's converter keeps the tower elsewhere, and has YaRN's numbers under its own names."""
    return has_tensors(header, "v.", "mm.") or has_keys(header, *_KEYS)


def text(rewrite: Rewrite) -> None:
    """YaRN's numbers and the temperature of attention under llama.cpp's names. Where nothing is scaled, the files say
    so with a word that llama.cpp does not know."""
    if rewrite.get("mistral3.rope.scaling.type") in ("", "default"):
        rewrite.drop("mistral3.rope.scaling.")
    rewrite.move(_KEYS)
    pretokenize(rewrite, "tekken")


def projector(rewrite: Rewrite) -> None:
    """Pixtral. Rows of patches end with a token, whose embedding is needed here, too."""
    vision_keys(rewrite, "mistral3")
    rewrite.take({"spatial_merge_size": "clip.vision.spatial_merge_size"}, "mistral3.")
    rewrite.take({"vision.rope.freq_base": "clip.rope.freq_base"}, "mistral3.")
    rewrite.default(
        {
            "clip.projector_type": "pixtral",
            "clip.use_silu": True,
            "clip.vision.attention.layer_norm_epsilon": 1e-5,
            **CLIP,
        }
    )
    heads = rewrite.get("clip.vision.attention.head_count")
    blocks = range(rewrite.get("clip.vision.block_count", 0))
    pair_rotations(rewrite, heads, *(f"v.blk.{block}.attn_{part}.weight" for block in blocks for part in "qk"))
    rewrite.rename(_NAMES)
    tokens = rewrite.source.array("tokenizer.ggml.tokens")
    if _ROW_END in tokens:
        take_row(rewrite, "v.token_embd.img_break", "token_embd.weight", tokens.index(_ROW_END))


MISTRAL3 = Layout("the vision tower in the model's file, different names of keys", text, recognises, projector)
