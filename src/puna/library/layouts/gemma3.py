"""Gemma 3, with its vision tower in the model's file."""

from math import isqrt

from puna.formats.gguf import Metadata
from puna.library.layouts.computed import promote
from puna.library.layouts.layout import Layout, has_keys, has_tensors
from puna.library.layouts.rewrite import Rewrite
from puna.library.layouts.tokens import cut_vocabulary
from puna.library.layouts.vision import HALF, SIGLIP_BLOCKS, vision_keys

_MARKS = (
    "{arch}.mm.tokens_per_image",
    "{arch}.rope.global.freq_base",
    "{arch}.rope.local.freq_base",
    "tokenizer.ggml.add_padding_token",
    "tokenizer.ggml.add_unknown_token",
)

_NAMES = {
    "v.patch_embedding": "v.patch_embd",
    "v.position_embedding": "v.position_embd",
    "v.post_layernorm": "v.post_ln",
    "mm.mm_input_projection": "mm.input_projection",
    "mm.mm_soft_emb_norm": "mm.soft_emb_norm",
    **SIGLIP_BLOCKS,
}

_POOLED = 4
"""So many patches, along each side, llama.cpp makes one token of where nothing is said."""

LONG_CONTEXT = 131072
"""The context of the sizes with pictures, 4B and up, which stretch their positions by 8."""


def recognises(header: Metadata) -> bool:
    """llama.cpp's converter always writes the norms' epsilon, and none of the marks."""
    epsilon = header.get("{arch}.attention.layer_norm_rms_epsilon")
    return has_tensors(header, "v.", "mm.") or has_keys(header, *_MARKS) or epsilon is None


def text(rewrite: Rewrite) -> None:
    """Fill in the keys that Ollama's own reader knew by heart, and cut the tokens that have no row."""
    rewrite.move(
        {
            "gemma3.rope.global.freq_base": "gemma3.rope.freq_base",
            "gemma3.rope.local.freq_base": "gemma3.rope.freq_base_swa",
        }
    )
    rewrite.default(
        {
            "gemma3.attention.layer_norm_rms_epsilon": 1e-6,
            "gemma3.rope.freq_base": 1_000_000.0,
            "gemma3.rope.freq_base_swa": 10_000.0,
            "tokenizer.ggml.add_space_prefix": False,
        }
    )
    if rewrite.get("gemma3.context_length", 0) >= LONG_CONTEXT:
        rewrite.default({"gemma3.rope.scaling.type": "linear", "gemma3.rope.scaling.factor": 8.0})
    rewrite.drop("gemma3.final_logit_softcapping")  # Ollama's converter wrote Gemma 2's, which no Gemma 3 has
    cut_vocabulary(rewrite, "token_embd.weight")


def projector(rewrite: Rewrite) -> None:
    """SigLIP and a projection, under their names in llama.cpp."""
    vision_keys(rewrite, "gemma3")
    rewrite.default({"clip.projector_type": "gemma3", "clip.use_gelu": True, **HALF})
    rewrite.default({"clip.vision.attention.layer_norm_epsilon": 1e-6})
    tokens = rewrite.source.get("gemma3.mm.tokens_per_image") or 256
    pooled = rewrite.get("clip.vision.image_size") // rewrite.get("clip.vision.patch_size") // isqrt(tokens)
    if pooled not in (0, _POOLED):
        rewrite.set({"clip.vision.projector.scale_factor": pooled})
    rewrite.rename(_NAMES)
    promote(rewrite, "v.patch_embd.weight", "v.position_embd.weight")


GEMMA3 = Layout("the vision tower in the model's file, different names, missing keys", text, recognises, projector)
