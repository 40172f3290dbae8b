"""LFM2."""

from puna.formats.gguf import Metadata
from puna.library.layouts.layout import Layout
from puna.library.layouts.rewrite import Rewrite


def recognises(header: Metadata) -> bool:
    """llama.cpp calls the last norm by the embedding."""
    names = {tensor.name for tensor in header.tensors}
    return "output_norm.weight" in names and "token_embd_norm.weight" not in names


def text(rewrite: Rewrite) -> None:
    """The last norm's name, the tokenizer, and the width that the tensors really have."""
    architecture = rewrite.source.architecture
    rewrite.rename({"output_norm": "token_embd_norm"})
    rewrite.set({"tokenizer.ggml.pre": "lfm2"})
    width = rewrite.shape("blk.0.ffn_gate.weight")
    if width:
        rewrite.set({f"{architecture}.feed_forward_length": width[1]})


LFM2 = Layout("a different name of a norm, a wrong width", text, recognises)
