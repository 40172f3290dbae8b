"""Laguna, from before llama.cpp had it."""

from puna.formats.gguf import Metadata
from puna.library.layouts.layout import Layout, has_keys, has_tensors
from puna.library.layouts.rewrite import Rewrite

_KEYS = {
    "laguna.rope.swa.dimension_count": "laguna.rope.dimension_count_swa",
    "laguna.rope.swa.freq_base": "laguna.rope.freq_base_swa",
    "laguna.rope.scaling.attn_factor": "laguna.rope.scaling.yarn_attn_factor",
    "laguna.rope.scaling.beta_fast": "laguna.rope.scaling.yarn_beta_fast",
    "laguna.rope.scaling.beta_slow": "laguna.rope.scaling.yarn_beta_slow",
}


def recognises(header: Metadata) -> bool:
    """The old names."""
    return has_keys(header, *_KEYS) or has_tensors(header, "blk.0.attn_g.")


def text(rewrite: Rewrite) -> None:
    """The new names."""
    rewrite.move(_KEYS)
    rewrite.rename({"attn_g": "attn_gate"})


LAGUNA = Layout("different names of keys and of the attention's gates", text, recognises)
