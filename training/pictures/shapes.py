"""Drawn shapes: what `tiny-image` is taught, and what it is asked for."""

import random
from dataclasses import dataclass

import torch
from torch import Tensor

from training.pictures.colours import BACKGROUNDS, COLOURS

SIZE = 128
"""The edge of a picture in pixels."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """One shape: its radius and its middle in parts of the picture's edge."""

    shape: str
    colour: tuple[int, int, int]
    background: tuple[int, int, int]
    radius: float
    x: float = 0.5
    y: float = 0.5


def drawn(drawings: list[Drawing], size: int = SIZE) -> Tensor:
    """The pictures, from -1 to 1, with smooth edges."""
    centres = (torch.arange(size) + 0.5) / size
    y, x = torch.meshgrid(centres, centres, indexing="ij")
    return torch.stack([_one(drawing, x - drawing.x, y - drawing.y, size) for drawing in drawings])


def _one(drawing: Drawing, x: Tensor, y: Tensor, size: int) -> Tensor:
    inside = (0.5 - _distance(drawing.shape, drawing.radius, x, y) * size).clamp(0, 1)
    colour, background = (torch.tensor(value).view(3, 1, 1) / 127.5 - 1 for value in (drawing.colour, drawing.background))
    return background + (colour - background) * inside


def _distance(shape: str, radius: float, x: Tensor, y: Tensor) -> Tensor:
    """How far a point is outside of the shape; negative inside."""
    if shape == "circle":
        return (x * x + y * y).sqrt() - radius
    if shape == "square":
        return torch.maximum(x.abs(), y.abs()) - radius * 0.88
    # Its three sides are as far from the middle of the box around it as the formula says: point up, flat below.
    slope = 5**0.5
    sides = (2 * x.abs() - y - radius) / slope
    return torch.maximum(sides, y - radius)


def any_drawing(chance: random.Random, shape: str, colour: str, background: str, radius: float) -> Drawing:
    """A drawing of that kind; what its words leave open differs from one to the next."""
    return Drawing(
        shape,
        _near(chance, COLOURS[colour], 8),
        _near(chance, {**BACKGROUNDS, **COLOURS}[background], 0 if background in BACKGROUNDS else 8),
        radius,
        chance.uniform(0.47, 0.53),
        chance.uniform(0.47, 0.53),
    )


def _near(chance: random.Random, colour: tuple[int, int, int], by: int) -> tuple[int, int, int]:
    red, green, blue = (min(255, max(0, value + chance.randint(-by, by))) for value in colour)
    return red, green, blue
