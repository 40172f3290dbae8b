"""EmbeddingGemma, under the name of Gemma 3."""

from puna.formats.gguf import Metadata
from puna.library.layouts.layout import Layout, has_tensors
from puna.library.layouts.rewrite import Rewrite


def recognises(header: Metadata) -> bool:
    """Only this one has the layers of sentence-transformers."""
    return has_tensors(header, "dense.0.")


def text(rewrite: Rewrite) -> None:
    """The architecture that embeds, with the widths of its last two layers."""
    rewrite.become("gemma-embedding")
    rewrite.drop("gemma-embedding.attention.causal", "gemma-embedding.attention.sliding_window_pattern")
    for number, name in enumerate(("dense_2", "dense_3")):
        shape = rewrite.shape(f"dense.{number}.weight")
        if shape:
            rewrite.set({f"gemma-embedding.{name}_feat_in": shape[0], f"gemma-embedding.{name}_feat_out": shape[1]})
    rewrite.default(
        {
            "gemma-embedding.rope.freq_base_swa": 10_000.0,
            "tokenizer.ggml.add_space_prefix": False,
        }
    )
    rewrite.rename({"dense.0": "dense_2", "dense.1": "dense_3"})
    rewrite.rename_beginning("norm.", "output_norm.")


EMBEDDINGGEMMA = Layout("gemma3's name for the architecture, different names of tensors", text, recognises)
