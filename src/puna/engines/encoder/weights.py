"""The weights of a GGUF file as arrays, and which files the encoder can run."""

import mmap

import numpy as np
from numpy.typing import NDArray

from puna.formats.gguf import Metadata, Tensor

MOST_PARAMETERS = 200_000_000
"""A larger model takes several times its file's size in memory here, as all weights become float32."""
FLOAT32, FLOAT16 = 0, 1
"""ggml's numbers of these types."""
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


class Weights:
    """A file's tensors by name, as float32 with the shape that the model's own code gives them."""

    def __init__(self, metadata: Metadata) -> None:
        self._tensors = {tensor.name: tensor for tensor in metadata.tensors}
        self._start = metadata.data_offset
        with metadata.path.open("rb") as file:
            self._view = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def __call__(self, name: str) -> NDArray[np.float32]:
        tensor = self._tensors[name]
        if tensor.kind == FLOAT32:
            return self._array(tensor, "<f4")
        if tensor.kind == FLOAT16:
            return self._array(tensor, "<f2").astype(np.float32)
        return self._dequantized(tensor)

    def _array(self, tensor: Tensor, kind: str) -> NDArray[np.float32]:
        flat: NDArray[np.float32] = np.frombuffer(self._view, kind, tensor.elements, self._start + tensor.offset)
        return flat.reshape(tensor.shape[::-1])

    def _dequantized(self, tensor: Tensor) -> NDArray[np.float32]:
        from gguf import GGMLQuantizationType  # a quarter of a second, and most files have none
        from gguf.quants import dequantize

        data = np.frombuffer(self._view, np.uint8, tensor.nbytes, self._start + tensor.offset)
        rows = data.reshape(*tensor.shape[:0:-1], -1)
        values: NDArray[np.float32] = dequantize(rows, GGMLQuantizationType(tensor.kind))
        return values.reshape(tensor.shape[::-1])
