"""The last step of a language model, outside of the engine: from hidden states to log probabilities.

The engine computes logits of generated tokens only. The hidden states it can give are the input of the model's
output matrix, so the log probabilities of given tokens are one matrix product away.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from puna.formats.gguf import TENSOR_TYPES, Metadata, Tensor

Floats: TypeAlias = npt.NDArray[np.float32]
Ids: TypeAlias = npt.NDArray[np.int64]

BLOCK_BYTES = 32 * 2**20
"""How much of the matrix is held dequantised at once."""
ROWS = 2048
"""How many hidden states are multiplied with it at once: the products are larger than the states."""
KEPT_BYTES = 64 * 2**20
"""A matrix that is no larger than this, dequantised, is dequantised once and kept."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Log probabilities: of one target token in each row, and of the likeliest tokens there, the likeliest first.

    Shapes: `targets` (rows,), `top_ids` and `top` (rows, alternatives).
    """

    targets: Floats
    top_ids: Ids
    top: Floats


@dataclass(frozen=True, slots=True)
class LastStep:
    """What a model does to the product with its output matrix: a scale, then a soft cap, if it has any."""

    scale: float = 1.0
    cap: float | None = None

    def logits(self, product: Floats) -> Floats:
        result = product if self.scale == 1 else product * np.float32(self.scale)
        return result if self.cap is None else np.float32(self.cap) * np.tanh(result / np.float32(self.cap))


def last_steps(metadata: Metadata) -> list[LastStep]:
    """What the header allows: it has the numbers, but the architecture says what is done with them (Granite divides
    by its scale, Command R multiplies)."""
    scale, cap = metadata.get("{arch}.logit_scale"), metadata.get("{arch}.final_logit_softcapping")
    scales = [1.0, *((scale, 1 / scale) if scale else ())]
    return [LastStep(*pair) for pair in product(scales, (None, *((cap,) if cap else ())))]


class OutputMatrix:
    """The output matrix of one GGUF file, (vocabulary, width), dequantised a block of rows at a time, and the `step`
    after it."""

    def __init__(self, metadata: Metadata) -> None:
        tensors = {tensor.name: tensor for tensor in metadata.tensors}
        tensor = tensors.get("output.weight") or tensors["token_embd.weight"]
        self.width, self.rows = tensor.shape
        self.step = LastStep()
        self._bias = read_floats(metadata, tensors["output.bias"]) if "output.bias" in tensors else None
        self._kind = tensor.kind
        self._data = mapped(metadata, tensor)
        self._kept = list(self._dequantised()) if 4 * self.width * self.rows <= KEPT_BYTES else None

    def blocks(self) -> Iterator[tuple[int, Floats]]:
        """Each block with the number of its first row."""
        return iter(self._kept) if self._kept is not None else self._dequantised()

    def score(self, states: Floats, targets: Ids, alternatives: int) -> Scores:
        """Score rows of hidden states, (rows, width), each with its target token."""
        slices = [slice(first, first + ROWS) for first in range(0, len(states), ROWS)] or [slice(0)]
        parts = [self._score(states[rows], targets[rows], alternatives) for rows in slices]
        return Scores(
            np.concatenate([part.targets for part in parts]),
            np.concatenate([part.top_ids for part in parts]),
            np.concatenate([part.top for part in parts]),
        )

    def _score(self, states: Floats, targets: Ids, alternatives: int) -> Scores:
        rows = np.arange(len(states))
        total = np.full(len(states), -np.inf, np.float32)
        logits = np.empty(len(states), np.float32)
        top_ids = np.zeros((len(states), 0), np.int64)
        top = np.zeros((len(states), 0), np.float32)
        for first, block in self.blocks():
            found = self._logits(first, states @ block.T)
            total = np.logaddexp(total, logarithm_of_sum(found))
            here = (first <= targets) & (targets < first + len(block))
            logits[here] = found[rows[here], targets[here] - first]
            if alternatives:
                ids, values = highest(found, alternatives)
                top_ids, top = best(np.hstack((top_ids, ids + first)), np.hstack((top, values)), alternatives)
        return Scores(logits - total, top_ids, top - total[:, None])

    def _logits(self, first: int, found: Floats) -> Floats:
        """The logits of a block's products, the first of which is that of token `first`."""
        if self._bias is not None:
            found = found + self._bias[first : first + found.shape[1]]
        return self.step.logits(found)

    def _dequantised(self) -> Iterator[tuple[int, Floats]]:
        from gguf import GGMLQuantizationType, quants  # takes a second to import

        step = max(1, BLOCK_BYTES // (4 * self.width))
        for first in range(0, self.rows, step):
            data = np.asarray(self._data[first : first + step])
            yield first, np.ascontiguousarray(quants.dequantize(data, GGMLQuantizationType(self._kind)))


def read_floats(metadata: Metadata, tensor: Tensor) -> Floats:
    """A small tensor of one dimension."""
    _, _, size = TENSOR_TYPES[tensor.kind]
    data = np.memmap(metadata.path, np.uint8, "r", metadata.data_offset + tensor.offset, (tensor.shape[0] * size,))
    from gguf import GGMLQuantizationType, quants  # takes a second to import

    result: Floats = quants.dequantize(np.asarray(data), GGMLQuantizationType(tensor.kind)).astype(np.float32)
    return result


def mapped(metadata: Metadata, tensor: Tensor) -> npt.NDArray[np.uint8]:
    """A tensor's bytes, row by row, mapped from the file."""
    _, block, size = TENSOR_TYPES[tensor.kind]
    shape = (tensor.shape[1], tensor.shape[0] // block * size)
    return np.memmap(metadata.path, np.uint8, "r", metadata.data_offset + tensor.offset, shape)


def logarithm_of_sum(logits: Floats) -> Floats:
    """log(sum(exp(x))) of each row."""
    largest = logits.max(axis=1, keepdims=True)
    result: Floats = np.log(np.exp(logits - largest).sum(axis=1)) + largest[:, 0]
    return result


def highest(values: Floats, count: int) -> tuple[Ids, Floats]:
    """Places and values of the `count` highest of each row, in no order."""
    if count == 1:
        places = values.argmax(axis=1)[:, None]
    elif count < values.shape[1]:
        places = values.argpartition(-count, axis=1)[:, -count:]
    else:
        places = np.broadcast_to(np.arange(values.shape[1]), values.shape)
    return places, np.take_along_axis(values, places, axis=1)


def best(ids: Ids, values: Floats, count: int) -> tuple[Ids, Floats]:
    """The `count` best of each row, the best first."""
    order = (-values).argsort(axis=1, kind="stable")[:, :count]
    return np.take_along_axis(ids, order, axis=1), np.take_along_axis(values, order, axis=1)
