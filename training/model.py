"""The network: a small Qwen 3 (RMSNorm, rotary positions, normalised queries and keys, SwiGLU, tied embeddings)."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.sight.code import NOTIONS

CONTEXT = 8192
"""How many tokens a prompt and its answer have at most."""


@dataclass(frozen=True)
class Shape:
    """The sizes of the network."""

    vocabulary: int
    width: int = 160
    layers: int = 6
    heads: int = 5
    key_heads: int = 5
    head_width: int = 32
    hidden: int = 448
    context: int = CONTEXT
    rope_base: float = 100_000.0
    epsilon: float = 1e-6


class Attention(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        queries, keys = shape.heads * shape.head_width, shape.key_heads * shape.head_width
        self.query = nn.Linear(shape.width, queries, bias=False)
        self.key = nn.Linear(shape.width, keys, bias=False)
        self.value = nn.Linear(shape.width, keys, bias=False)
        self.output = nn.Linear(queries, shape.width, bias=False)
        self.query_norm = nn.RMSNorm(shape.head_width, eps=shape.epsilon)
        self.key_norm = nn.RMSNorm(shape.head_width, eps=shape.epsilon)

    def forward(self, states: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
        batch, length, _ = states.shape
        width = self.shape.head_width
        query = self.query_norm(self.query(states).view(batch, length, -1, width)).transpose(1, 2)
        key = self.key_norm(self.key(states).view(batch, length, -1, width)).transpose(1, 2)
        value = self.value(states).view(batch, length, -1, width).transpose(1, 2)
        query, key = rotate(query, rotation), rotate(key, rotation)
        groups = self.shape.heads // self.shape.key_heads
        if groups > 1:
            key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
        mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        merged: Tensor = self.output(mixed.transpose(1, 2).reshape(batch, length, -1))
        return merged


class FeedForward(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.gate = nn.Linear(shape.width, shape.hidden, bias=False)
        self.up = nn.Linear(shape.width, shape.hidden, bias=False)
        self.down = nn.Linear(shape.hidden, shape.width, bias=False)

    def forward(self, states: Tensor) -> Tensor:
        out: Tensor = self.down(functional.silu(self.gate(states)) * self.up(states))
        return out


class Block(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.attention_norm = nn.RMSNorm(shape.width, eps=shape.epsilon)
        self.attention = Attention(shape)
        self.feed_norm = nn.RMSNorm(shape.width, eps=shape.epsilon)
        self.feed = FeedForward(shape)

    def forward(self, states: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
        states = states + self.attention(self.attention_norm(states), rotation)
        fed: Tensor = states + self.feed(self.feed_norm(states))
        return fed


class Network(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.sights = nn.Embedding(NOTIONS, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = nn.RMSNorm(shape.width, eps=shape.epsilon)
        self.apply(self._initialise)

    def _initialise(self, module: nn.Module) -> None:
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=0.02)
        if isinstance(module, Attention):
            nn.init.normal_(module.output.weight, std=0.02 / (2 * self.shape.layers) ** 0.5)
        if isinstance(module, FeedForward):
            nn.init.normal_(module.down.weight, std=0.02 / (2 * self.shape.layers) ** 0.5)

    def embed(self, tokens: Tensor, pictures: Tensor) -> Tensor:
        """What the blocks read, of tokens and of how much of each notion the pictures' patches have."""
        return self.put(tokens, pictures @ self.sights.weight)

    def put(self, tokens: Tensor, patches: Tensor) -> Tensor:
        """The tokens' embeddings, and in place of negative ones the pictures' patches in their order."""
        states: Tensor = self.embedding(tokens.clamp(min=0))
        if len(patches):
            states = states.masked_scatter((tokens < 0).unsqueeze(2), patches.flatten(0, 1).to(states.dtype))
        return states

    def forward(self, states: Tensor, positions: Tensor) -> Tensor:
        """The state of each token; embedded tokens are one document a row, and stand at these positions."""
        rotation = self._rotation(positions)
        for block in self.blocks:
            states = block(states, rotation)
        normed: Tensor = self.norm(states)
        return normed

    def logits(self, states: Tensor) -> Tensor:
        """The scores of each possible next token."""
        return functional.linear(states, self.embedding.weight)

    def _rotation(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        half = self.shape.head_width // 2
        exponents = torch.arange(half, device=positions.device, dtype=torch.float32) / half
        angles = positions[:, None, :, None] * self.shape.rope_base**-exponents
        return angles.cos(), angles.sin()


def rotate(states: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
    """Rotary positions; the two halves of a head form the pairs, as llama.cpp's NEOX type does."""
    cosine, sine = rotation
    first, second = states.float().chunk(2, dim=-1)
    turned = torch.cat((first * cosine - second * sine, second * cosine + first * sine), dim=-1)
    return turned.to(states.dtype)
