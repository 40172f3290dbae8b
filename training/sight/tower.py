"""The tower: a small vision transformer and a projector of two layers, as llama.cpp computes them for LLaVA 1.5.

No class token; the last of the blocks is read, through the norm after it.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.sight.code import NOTIONS
from training.sight.drawing import SIZE
from training.sight.scenes import GRID


@dataclass(frozen=True)
class TowerShape:
    """The sizes of the tower."""

    size: int = SIZE
    patch: int = SIZE // GRID
    width: int = 128
    layers: int = 5
    heads: int = 4
    inner: int = 384
    projected: int = 256
    written: int = NOTIONS
    epsilon: float = 1e-5


class Layer(nn.Module):
    def __init__(self, shape: TowerShape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.attention_norm = nn.LayerNorm(shape.width, eps=shape.epsilon)
        self.query = nn.Linear(shape.width, shape.width)
        self.key = nn.Linear(shape.width, shape.width)
        self.value = nn.Linear(shape.width, shape.width)
        self.output = nn.Linear(shape.width, shape.width)
        self.feed_norm = nn.LayerNorm(shape.width, eps=shape.epsilon)
        self.up = nn.Linear(shape.width, shape.inner)
        self.down = nn.Linear(shape.inner, shape.width)

    def forward(self, states: Tensor) -> Tensor:
        normed = self.attention_norm(states)
        query, key, value = (self._split(part(normed)) for part in (self.query, self.key, self.value))
        mixed = functional.scaled_dot_product_attention(query, key, value)
        states = states + self.output(mixed.transpose(1, 2).flatten(2))
        fed: Tensor = states + self.down(functional.gelu(self.up(self.feed_norm(states)), approximate="tanh"))
        return fed

    def _split(self, states: Tensor) -> Tensor:
        return states.unflatten(2, (self.heads, -1)).transpose(1, 2)


class Tower(nn.Module):
    """Pictures to what the projector holds between its two layers, and to what it writes."""

    def __init__(self, shape: TowerShape) -> None:
        super().__init__()
        self.shape = shape
        self.patches = nn.Linear(3 * shape.patch**2, shape.width)
        self.positions = nn.Parameter(torch.randn((shape.size // shape.patch) ** 2, shape.width) * 0.02)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.width, eps=shape.epsilon)
        self.first = nn.Linear(shape.width, shape.projected)
        self.second = nn.Linear(shape.projected, shape.written)
        self.apply(self._initialise)

    def _initialise(self, module: nn.Module) -> None:
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=module.in_features**-0.5 * 0.5)
            nn.init.zeros_(module.bias)
        if isinstance(module, Layer):
            for part in (module.output, module.down):
                nn.init.normal_(part.weight, std=0.02)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures from 0 to 255: the state after the blocks, and that between the projector's layers."""
        states = self.patches(cut(pictures / 127.5 - 1, self.shape.patch)) + self.positions
        for layer in self.layers:
            states = layer(states)
        states = self.norm(states)
        return states, functional.gelu(self.first(states), approximate="tanh")

    def written(self, pictures: Tensor) -> Tensor:
        """What the projector writes, a row for each patch."""
        out: Tensor = self.second(self(pictures)[1])
        return out


def cut(pictures: Tensor, patch: int) -> Tensor:
    """The patches of (count, 3, height, width), row by row, each as its channels, rows and columns in a line."""
    return functional.unfold(pictures, patch, stride=patch).transpose(1, 2)
