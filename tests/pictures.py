"""Small pictures."""

from io import BytesIO
from typing import Any

from PIL import Image as Pillow

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
