"""Gemma 4, with its towers for pictures and sound in the model's file."""

import re

from puna.formats.gguf import Metadata
from puna.library.layouts.computed import interleave_blocks, promote
from puna.library.layouts.layout import Layout, has_tensors
from puna.library.layouts.rewrite import Rewrite
from puna.library.layouts.tokens import SHOWN, mark_bytes, retype
from puna.library.layouts.vision import vision_keys

_TOWERS = ("a.", "v.", "mm.", "model.vision_tower.")

_SHOWN = re.compile(r'<\|?(channel|tool_call|tool_response)\|?>|<\|"\|>')
"""Tokens that are part of what a model says, not only of how its turns are marked."""

_AUDIO_KEYS = {
    f"audio.{key}": f"clip.audio.{key}"
    for key in (
        "block_count",
        "embedding_length",
        "feed_forward_length",
        "attention.head_count",
        "attention.layer_norm_epsilon",
    )
}
_AUDIO_BLOCKS = {
    "ln1": "attn_pre_norm",
    "ln2": "attn_post_norm",
    "layer_pre_norm": "ln2",  # after the one before, which has this name until then
    "linear_pos": "attn_k_rel",
}


def recognises(header: Metadata) -> bool:
    """llama.cpp's converter keeps the towers elsewhere, and calls the tokenizer by the model's name."""
    return has_tensors(header, *_TOWERS) or header.values.get("tokenizer.ggml.model") == "llama"


def text(rewrite: Rewrite) -> None:
    """The right tokenizer, and gates and values of all experts in one tensor of a block."""
    if rewrite.get("tokenizer.ggml.model") == "llama":
        rewrite.set({"tokenizer.ggml.model": "gemma4"})
    mark_bytes(rewrite)
    retype(rewrite, _SHOWN, SHOWN)
    for block in range(rewrite.get("gemma4.block_count", 0)):
        gate, up = (f"blk.{block}.ffn_{part}_exps" for part in ("gate", "up"))
        if f"{gate}.weight" in rewrite.pieces and not rewrite.any(rf"^({gate}|{up})\.(input_)?scale$"):
            interleave_blocks(rewrite, f"blk.{block}.ffn_gate_up_exps.weight", f"{gate}.weight", f"{up}.weight")
    rewrite.rename({"ffn_gate_inp.per_expert_scale": "ffn_down_exps.scale"})


def projector(rewrite: Rewrite) -> None:
    """One file for both towers."""
    if rewrite.any(r"^v\."):
        vision_keys(rewrite, "gemma4")
        rewrite.default(
            {
                "clip.vision.projector_type": "gemma4v",
                "clip.vision.image_size": 224,
                "clip.vision.image_mean": [0.0] * 3,
                "clip.vision.image_std": [1.0] * 3,
            }
        )
    if rewrite.any(r"^a\."):
        _audio(rewrite)


def _audio(rewrite: Rewrite) -> None:
    rewrite.take(_AUDIO_KEYS, "gemma4.")
    rewrite.take({"embedding_length": "clip.audio.projection_dim"}, "gemma4.")
    rewrite.default(
        {"clip.has_audio_encoder": True, "clip.audio.projector_type": "gemma4a", "clip.audio.num_mel_bins": 128}
    )
    rewrite.rename_beginning("a.pre_encode.out.", "a.input_projection.")
    rewrite.rename_beginning("mm.a.fc.", "a.pre_encode.out.")
    promote(rewrite, "a.input_projection.weight")
    for block in range(rewrite.get("clip.audio.block_count", 12)):
        for old, new in _AUDIO_BLOCKS.items():
            rewrite.rename_beginning(f"a.blk.{block}.{old}.", f"a.blk.{block}.{new}.")


GEMMA4 = Layout(
    "the towers for images and audio in the model's file, a different name of the tokenizer",
    text,
    recognises,
    projector,
    hidden=_TOWERS,
    embedded=("a.", "v.", "mm."),
)
