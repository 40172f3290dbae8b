"""BERT's forward pass on many texts at once, without padding.

The tokens of all texts of a block stand in one matrix, one after the other; only attention has to know which text a
token belongs to, and takes the texts of one length together.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import pi, sqrt
from typing import Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from puna.formats.gguf import Metadata

Matrix = NDArray[np.float32]
Read = Callable[[str], Matrix]
Pooling = Literal["mean", "cls"]

BLOCK_TOKENS = 256
"""How many tokens are computed at once: enough for fast products of matrices, few enough for a processor's cache."""
GELU = 2 * sqrt(2 / pi)
"""Of the approximation by a hyperbolic tangent (Hendrycks and Gimpel, 2016), as llama.cpp computes it:
x * sigmoid(GELU * (x + 0.044715 x^3))."""


class Linear(NamedTuple):
    """`weight` has a row for each output."""

    weight: Matrix
    bias: Matrix

    def __call__(self, states: Matrix) -> Matrix:
        outputs: Matrix = states @ self.weight.T
        outputs += self.bias
        return outputs


class LayerNorm(NamedTuple):
    """Works in place."""

    gain: Matrix
    bias: Matrix
    epsilon: float

    def __call__(self, states: Matrix) -> Matrix:
        states -= states.mean(-1, keepdims=True)
        variance = np.einsum("ij,ij->i", states, states) / states.shape[-1]
        states *= (1 / np.sqrt(variance + self.epsilon))[:, None]
        states *= self.gain
        states += self.bias
        return states


class Stretch(NamedTuple):
    """Texts of one length that stand next to each other: rows `start` to `stop`."""

    start: int
    texts: int
    length: int

    @property
    def stop(self) -> int:
        return self.start + self.texts * self.length


@dataclass(frozen=True, slots=True)
class Block:
    """One layer of the network."""

    heads: int
    attention: Linear
    output: Linear
    output_norm: LayerNorm
    up: Linear
    down: Linear
    norm: LayerNorm

    @classmethod
    def of(cls, read: Read, number: int, heads: int, epsilon: float) -> Self:
        def linear(name: str) -> Linear:
            return Linear(read(f"blk.{number}.{name}.weight"), read(f"blk.{number}.{name}.bias"))

        def norm(name: str) -> LayerNorm:
            return LayerNorm(*linear(name), epsilon)

        query, key, value = linear("attn_q"), linear("attn_k"), linear("attn_v")
        # Attention divides by the root of a head's width; here the weights of the queries are divided, once.
        scale = np.float32(1 / sqrt(query.bias.size // heads))
        return cls(
            heads,
            Linear(
                np.concatenate((query.weight * scale, key.weight, value.weight)),
                np.concatenate((query.bias * scale, key.bias, value.bias)),
            ),
            linear("attn_output"),
            norm("attn_output_norm"),
            linear("ffn_up"),
            linear("ffn_down"),
            norm("layer_output_norm"),
        )

    def __call__(self, states: Matrix, stretches: Sequence[Stretch]) -> Matrix:
        """States of shape (tokens, width), changed in place."""
        states += self.output(self._attend(self.attention(states), stretches))
        self.output_norm(states)
        states += self.down(gelu(self.up(states)))
        return self.norm(states)

    def _attend(self, projected: Matrix, stretches: Sequence[Stretch]) -> Matrix:
        """Queries, keys and values side by side in; what each token takes from those of its own text out."""
        width = projected.shape[1] // 3
        taken = np.empty((len(projected), width), np.float32)
        for stretch in stretches:
            shape = stretch.texts, stretch.length, 3, self.heads, width // self.heads
            query, key, value = projected[stretch.start : stretch.stop].reshape(shape).transpose(2, 0, 3, 1, 4)
            weights = softmax(query @ key.swapaxes(-1, -2))
            mixed = (weights @ value).swapaxes(1, 2)
            taken[stretch.start : stretch.stop].reshape(mixed.shape)[...] = mixed
        return taken


class Network:
    """An encoder and its pooling."""

    def __init__(self, metadata: Metadata, read: Read, pooling: Pooling) -> None:
        epsilon = float(metadata.get("{arch}.attention.layer_norm_epsilon") or 1e-12)
        self._tokens = read("token_embd.weight")
        self._positions = read("position_embd.weight")
        if any(tensor.name == "token_types.weight" for tensor in metadata.tensors):
            self._positions = self._positions + read("token_types.weight").reshape(-1, self._positions.shape[1])[0]
        self._norm = LayerNorm(read("token_embd_norm.weight"), read("token_embd_norm.bias"), epsilon)
        assert metadata.block_count
        assert metadata.head_count
        self._blocks = [
            Block.of(read, number, metadata.head_count, epsilon) for number in range(metadata.block_count)
        ]
        self._pooling = pooling

    def embed(self, texts: Sequence[Sequence[int]]) -> Matrix:
        """The texts' vectors, of length 1, in order. Quickest where the texts are sorted by their length."""
        tokens = np.concatenate([np.asarray(text, np.intp) for text in texts])
        positions = np.concatenate([np.arange(len(text)) for text in texts])
        stretches = list(_stretches(texts))
        states = self._norm(self._tokens[tokens] + self._positions[positions])
        with np.errstate(over="ignore"):  # an exponential that is too large is right as infinity
            for block in self._blocks:
                states = block(states, stretches)
        vectors = np.concatenate([self._pooled(states, stretch) for stretch in stretches])
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def _pooled(self, states: Matrix, stretch: Stretch) -> Matrix:
        by_text = states[stretch.start : stretch.stop].reshape(stretch.texts, stretch.length, -1)
        pooled: Matrix = by_text.mean(1) if self._pooling == "mean" else by_text[:, 0]
        return pooled


def _stretches(texts: Sequence[Sequence[int]]) -> Iterator[Stretch]:
    start = 0
    for length, group in groupby(map(len, texts)):
        stretch = Stretch(start, sum(1 for _ in group), length)
        yield stretch
        start = stretch.stop


def blocks(lengths: Sequence[int]) -> Iterator[list[int]]:
    """The places of texts that are computed together: of similar length, `BLOCK_TOKENS` or one text."""
    block: list[int] = []
    size = 0
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        if block and size + lengths[place] > BLOCK_TOKENS:
            yield block
            block, size = [], 0
        block.append(place)
        size += lengths[place]
    if block:
        yield block


def gelu(states: Matrix) -> Matrix:
    """In place."""
    power = states * states
    power *= np.float32(-0.044715 * GELU)
    power -= np.float32(GELU)
    power *= states
    np.exp(power, out=power)
    power += 1
    states /= power
    return states


def softmax(scores: Matrix) -> Matrix:
    """Over the last axis, in place."""
    scores -= scores.max(-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(-1, keepdims=True)
    return scores
