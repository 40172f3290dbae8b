"""A picture's bytes: checked, and turned into a form that every engine reads."""

from io import BytesIO

from PIL import Image as Pillow
from PIL import ImageOps

from puna.core.messages import Image

MOST_PIXELS = 40_000_000
"""More are refused before they are decoded: a file of some kilobytes can hold gigabytes of them."""
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
PLAIN = {"PNG": ("L", "RGB"), "JPEG": ("L", "RGB")}
"""What is passed on as it is, by format and Pillow's mode. llama.cpp reads no WebP, does not turn a photograph by
its EXIF, and drops transparency."""
ORIENTATION = 0x0112
"""EXIF's tag of how the camera was held; 1 is upright."""


class NotAPicture(ValueError):
    """The bytes are no picture that can be read. The text says why."""


def read_picture(data: bytes) -> Image:
    """The picture, upright, without transparency and movement.

    Raises:
        NotAPicture: it is none, or too large.
    """
    try:
        with Pillow.open(BytesIO(data), formats=FORMATS) as picture:
            width, height = picture.size
            if width * height > MOST_PIXELS:
                raise NotAPicture(f"{width} x {height} pixels are more than {MOST_PIXELS}")
            picture.load()
            form = picture.format or ""
            if picture.mode in PLAIN.get(form, ()) and picture.getexif().get(ORIENTATION, 1) == 1:
                return Image(data, f"image/{form.lower()}")
            return Image(transcoded(picture), "image/png")
    except NotAPicture:
        raise
    except Pillow.DecompressionBombError as error:
        raise NotAPicture(f"it has more than {MOST_PIXELS} pixels") from error
    except Exception as error:  # Pillow's decoders raise almost anything on a broken file
        names = ", ".join(FORMATS)
        raise NotAPicture(f"it is not an image that can be read (expected one of {names})") from error


def transcoded(picture: Pillow.Image) -> bytes:
    """The first frame as an upright PNG on white."""
    upright = ImageOps.exif_transpose(picture).convert("RGBA")
    paper = Pillow.new("RGBA", upright.size, "white")
    paper.alpha_composite(upright)
    buffer = BytesIO()
    paper.convert("RGB").save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
