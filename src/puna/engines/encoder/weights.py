"""The weights of a GGUF file as arrays."""

import mmap

import numpy as np
from numpy.typing import NDArray

from puna.formats.gguf import Metadata, Tensor

FLOAT32, FLOAT16 = 0, 1
"""ggml's numbers of these types."""


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
