import base64
from io import BytesIO

import pytest
from PIL import Image as Pillow

from puna.core.errors import InvalidRequest
from puna.images.load import ImageLoader, decode_base64
from puna.images.picture import MOST_PIXELS, NotAPicture, read_picture
from tests.pictures import plain


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_what_every_engine_reads_is_passed_on_as_it_is(form: str) -> None:
    image = read_picture(plain(form))
    assert (image.data, image.media_type) == (plain(form), f"image/{form.lower()}")


@pytest.mark.parametrize(
    ("form", "mode"), [("WEBP", "RGB"), ("GIF", "P"), ("BMP", "RGB"), ("PNG", "RGBA"), ("JPEG", "CMYK")]
)
def test_everything_else_becomes_a_plain_png(form: str, mode: str) -> None:
    image = read_picture(plain(form, mode))
    decoded = Pillow.open(BytesIO(image.data))
    assert (image.media_type, decoded.format, decoded.mode, decoded.size) == ("image/png", "PNG", "RGB", (8, 4))


def test_transparency_becomes_white() -> None:
    buffer = BytesIO()
    Pillow.new("RGBA", (1, 1), (0, 0, 0, 0)).save(buffer, "PNG")
    assert Pillow.open(BytesIO(read_picture(buffer.getvalue()).data)).getpixel((0, 0)) == (255, 255, 255)


def test_a_photograph_taken_sideways_is_turned() -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    buffer = BytesIO()
    Pillow.new("RGB", (8, 4)).save(buffer, "JPEG", exif=exif)
    assert Pillow.open(BytesIO(read_picture(buffer.getvalue()).data)).size == (4, 8)


@pytest.mark.parametrize("data", [b"", b"no picture", plain("PNG")[:40], plain("TIFF"), b"<svg/>"])
def test_no_picture(data: bytes) -> None:
    with pytest.raises(NotAPicture, match="not an image"):
        read_picture(data)


def test_a_decompression_bomb_is_not_decoded() -> None:
    with pytest.raises(NotAPicture, match=f"{MOST_PIXELS}"):
        read_picture(plain("PNG", "1", (20_000, 20_000)))


async def test_a_data_uri_and_bare_base64_are_the_same_picture() -> None:
    text = base64.b64encode(plain("PNG")).decode()
    loader = ImageLoader()
    bare, uri = await loader.load(text, "x"), await loader.load(f"data:image/png;base64,{text}", "x")
    assert bare == uri


@pytest.mark.parametrize("text", ["!", "data:image/png,raw", "data:image/png;base64,%%"])
async def test_broken_base64_names_the_field(text: str) -> None:
    with pytest.raises(InvalidRequest, match="base64") as refused:
        await ImageLoader().load(text, "messages[0].content[1].image_url.url")
    assert refused.value.param == "messages[0].content[1].image_url.url"


def test_base64_without_padding_and_with_line_breaks_is_forgiven() -> None:
    assert decode_base64("aGVs\nbG8", "x") == b"hello"
