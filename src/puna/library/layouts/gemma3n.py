"""Gemma 3n, with towers that llama.cpp does not run and tokens that only they have."""

import re

from puna.formats.gguf import Metadata
from puna.library.layouts.computed import promote
from puna.library.layouts.layout import Layout, has_tensors
from puna.library.layouts.rewrite import Rewrite
from puna.library.layouts.tokens import NORMAL, cut_vocabulary, ends, mark_bytes, retype

_END_OF_TURN = 106
_LAYERS = "per_layer_token_embd.weight"


def recognises(header: Metadata) -> bool:
    """The main embedding has a row for pictures' and sounds' tokens, that of the layers none."""
    rows = {tensor.name: tensor.shape[-1] for tensor in header.tensors}
    different = _LAYERS in rows and rows.get("token_embd.weight") != rows[_LAYERS]
    return different or has_tensors(header, "v.", "a.", "mm.", "model.vision_tower.")


def text(rewrite: Rewrite) -> None:
    """Cut everything to the tokens of text, and say which of them are bytes."""
    rows = rewrite.shape(_LAYERS)
    if rows:
        rewrite.shorten("token_embd.weight", rows[-1])
    cut_vocabulary(rewrite, "token_embd.weight")
    rewrite.move({"gemma3n.rope.freq_base_local": "gemma3n.rope.freq_base_swa"})
    width = rewrite.get("gemma3n.head_dim")
    rewrite.default({"gemma3n.attention.key_length": width, "gemma3n.attention.value_length": width})
    rewrite.default({"gemma3n.final_logit_softcapping": 30.0})
    rewrite.set({"tokenizer.ggml.model": "llama"})
    rewrite.default({"tokenizer.ggml.add_space_prefix": False})
    promote(rewrite, *(name for name in [*rewrite.pieces] if name.endswith("t_coef.weight")))
    mark_bytes(rewrite)
    retype(rewrite, re.compile(r"<unused.*"), NORMAL)
    ends(rewrite, [1, _END_OF_TURN])


GEMMA3N = Layout(
    "more tokens than the embedding has rows, towers for images and audio that llama.cpp does not run",
    text,
    recognises,
    hidden=("v.", "a.", "mm.", "model.vision_tower."),
)
