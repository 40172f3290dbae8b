"""A llama model computed in NumPy, from the same GGUF file: what an engine's log probabilities are checked against.

Everything is float32 and nothing is shared with the engine: weights are dequantised by the `gguf` package.
"""

from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from gguf import GGUFReader, quants

Floats: TypeAlias = npt.NDArray[np.float32]


class ReferenceLlama:
    """A model of architecture `llama`: RMS norm, rotary positions on neighbouring pairs, SwiGLU."""

    def __init__(self, path: Path) -> None:
        reader = GGUFReader(path)
        self._tensors = {
            tensor.name: quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
            for tensor in reader.tensors
        }

        def number(key: str, default: float | None = None) -> float:
            field = reader.get_field(f"llama.{key}")
            return float(field.contents()) if field else float(default or 0)

        self._layers = int(number("block_count"))
        self._heads = int(number("attention.head_count"))
        self._key_value_heads = int(number("attention.head_count_kv", self._heads))
        self._epsilon = number("attention.layer_norm_rms_epsilon")
        self._rope_base = number("rope.freq_base", 10_000)

    def logprobs(self, tokens: list[int]) -> Floats:
        """The natural logarithm of each token's probability after each of the tokens, (tokens, vocabulary)."""
        states = self._tensors["token_embd.weight"][tokens]
        for layer in range(self._layers):
            states = states + self._attend(layer, self._norm(states, f"blk.{layer}.attn_norm.weight"))
            states = states + self._feed(layer, self._norm(states, f"blk.{layer}.ffn_norm.weight"))
        states = self._norm(states, "output_norm.weight")
        output = self._tensors.get("output.weight", self._tensors["token_embd.weight"])
        logits = (states @ output.T).astype(np.float64)
        logits -= logits.max(axis=1, keepdims=True)
        result: Floats = (logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))).astype(np.float32)
        return result

    def _attend(self, layer: int, states: Floats) -> Floats:
        length = len(states)
        queries, keys, values = (
            self._linear(states, f"blk.{layer}.attn_{name}").reshape(length, heads, -1)
            for name, heads in (("q", self._heads), ("k", self._key_value_heads), ("v", self._key_value_heads))
        )
        queries, keys = self._rotate(queries), self._rotate(keys)
        share = self._heads // self._key_value_heads
        keys, values = np.repeat(keys, share, axis=1), np.repeat(values, share, axis=1)
        seen = np.tril(np.ones((length, length), bool))
        mixed = np.empty_like(queries)
        for head in range(self._heads):
            scores = queries[:, head] @ keys[:, head].T / np.float32(queries.shape[-1] ** 0.5)
            scores = np.where(seen, scores, -np.inf)
            weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
            mixed[:, head] = weights @ values[:, head] / weights.sum(axis=-1, keepdims=True)
        return self._linear(mixed.reshape(length, -1), f"blk.{layer}.attn_output")

    def _feed(self, layer: int, states: Floats) -> Floats:
        gate = self._linear(states, f"blk.{layer}.ffn_gate")
        up = self._linear(states, f"blk.{layer}.ffn_up")
        return self._linear(gate / (1 + np.exp(-gate)) * up, f"blk.{layer}.ffn_down")

    def _rotate(self, vectors: Floats) -> Floats:
        length, _, width = vectors.shape
        frequencies = self._rope_base ** (-np.arange(0, width, 2) / width)
        angles = np.outer(np.arange(length), frequencies)[:, None, :]
        even, odd = vectors[..., 0::2], vectors[..., 1::2]
        rotated = np.empty_like(vectors)
        rotated[..., 0::2] = even * np.cos(angles) - odd * np.sin(angles)
        rotated[..., 1::2] = even * np.sin(angles) + odd * np.cos(angles)
        return rotated

    def _norm(self, states: Floats, name: str) -> Floats:
        scale = np.sqrt((states**2).mean(axis=-1, keepdims=True) + self._epsilon)
        result: Floats = states / scale * self._tensors[name]
        return result

    def _linear(self, states: Floats, name: str) -> Floats:
        result: Floats = states @ self._tensors[f"{name}.weight"].T + self._tensors.get(f"{name}.bias", np.float32(0))
        return result
