"""Which GGUF files the encoder can run, and what memory that takes."""

from puna.formats.gguf import Metadata

MOST_PARAMETERS = 200_000_000
"""A larger model takes several times its file's size in memory here, as all weights become float32."""
PROCESS_BYTES = 100 * 2**20
"""Python, the vocabulary, and the states of the blocks that are computed at once."""
LAYER = ("attn_q", "attn_k", "attn_v", "attn_output", "attn_output_norm", "ffn_up", "ffn_down", "layer_output_norm")


def suits(metadata: Metadata) -> bool:
    """Whether a model is an encoder as BERT is, with its tokenizer and no more tensors than those used here."""
    return (
        metadata.architecture == "bert"
        and metadata.get("tokenizer.ggml.model") == "bert"
        and metadata.pooling in ("mean", "cls")
        and metadata.parameter_count <= MOST_PARAMETERS
        and needed(metadata) == {tensor.name for tensor in metadata.tensors} | {"token_types.weight"}
    )


def encoder_bytes(metadata: Metadata) -> int:
    """What the encoder's process takes in memory: its weights, and the rest as measured."""
    return 4 * metadata.parameter_count + PROCESS_BYTES


def needed(metadata: Metadata) -> set[str]:
    """The names of the tensors of a BERT."""
    layers = {
        f"blk.{number}.{name}.{part}"
        for number in range(metadata.block_count or 0)
        for name in LAYER
        for part in ("weight", "bias")
    }
    norm = {"token_embd_norm.weight", "token_embd_norm.bias"}
    return layers | norm | {"token_embd.weight", "position_embd.weight", "token_types.weight"}
