"""What a picture shows, by its pixels: the colour in its middle, and the shape of what has that colour."""

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from training.pictures.colours import COLOURS

NEAR = 100
"""How far colours may be from one another that are the same."""
FILLED = {"triangle": (0.35, 0.63), "circle": (0.68, 0.87), "square": (0.9, 1.01)}
"""The part of the box around it that a shape fills: a half, π/4, all of it."""


def colour_of(picture: Image) -> str:
    """The name of the colour that the middle is nearest to."""
    pixels = np.asarray(picture.convert("RGB"), float)
    height, width = pixels.shape[:2]
    middle = pixels[height * 7 // 16 : height * 9 // 16, width * 7 // 16 : width * 9 // 16].mean((0, 1))
    return min(COLOURS, key=lambda name: float(np.abs(middle - COLOURS[name]).sum()))


def shape_of(picture: Image) -> str | None:
    """The shape of what is coloured as the middle; None where it is none of those known."""
    pixels = np.asarray(picture.convert("RGB"), float)
    height, width = pixels.shape[:2]
    inside: NDArray[np.bool_] = np.abs(pixels - pixels[height // 2, width // 2]).sum(2) < NEAR
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    box = inside[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    if not 0.2 < max(box.shape) / height < 0.95:
        return None
    return next((name for name, (least, most) in FILLED.items() if least <= box.mean() <= most), None)
