"""Snowflake Arctic Embed 2, whose table of characters is written as text."""

import base64
import binascii

from puna.formats.gguf import Array, Metadata
from puna.library.layouts.layout import Layout
from puna.library.layouts.rewrite import Rewrite

_TABLE = "tokenizer.ggml.precompiled_charsmap"
_STRINGS = 8


def recognises(header: Metadata) -> bool:
    """llama.cpp asks for bytes here, and the file has a letter for each six bits."""
    table = header.values.get(_TABLE)
    return isinstance(table, Array) and table.kind == _STRINGS


def text(rewrite: Rewrite) -> None:
    """The bytes that the letters stand for."""
    letters = "".join(rewrite.get(_TABLE))
    try:
        table = base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True)
    except binascii.Error:
        return
    rewrite.set({_TABLE: table})


ARCTIC_EMBED2 = Layout("the tokenizer's character table stored as text", text, recognises)
