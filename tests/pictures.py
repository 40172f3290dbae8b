"""Small pictures."""

from io import BytesIO
from typing import Any

from PIL import Image as Pillow
from PIL import ImageDraw

OPTIONS: dict[str, dict[str, Any]] = {"JPEG": {"quality": 95}, "WEBP": {"lossless": True}}
"""How a format is written so that colours stay what they were."""


def plain(form: str = "PNG", mode: str = "RGB", size: tuple[int, int] = (8, 4)) -> bytes:
    """A picture of one colour."""
    buffer = BytesIO()
    Pillow.new(mode, size, "red").save(buffer, form)
    return buffer.getvalue()


def half(color: str, form: str = "PNG") -> bytes:
    """Half of that colour, half white: a picture with something in it."""
    whole = Pillow.new("RGB", (32, 32), "white")
    whole.paste(color, (0, 0, 16, 32))
    buffer = BytesIO()
    whole.save(buffer, form, **OPTIONS.get(form, {}))
    return buffer.getvalue()


def shapes(*shown: tuple[str, str, tuple[int, int]], form: str = "PNG") -> bytes:
    """A white picture of 320 by 240 pixels with shapes, each 80 pixels wide, of a colour and in its place."""
    whole = Pillow.new("RGB", (320, 240), "white")
    draw = ImageDraw.Draw(whole)
    for shape, color, (x, y) in shown:
        box = (x - 40, y - 40, x + 40, y + 40)
        if shape == "circle":
            draw.ellipse(box, fill=color)
        elif shape == "square":
            draw.rectangle(box, fill=color)
        else:
            draw.polygon([(x, y - 40), (x + 40, y + 35), (x - 40, y + 35)], fill=color)
    buffer = BytesIO()
    whole.save(buffer, form, **OPTIONS.get(form, {}))
    return buffer.getvalue()
