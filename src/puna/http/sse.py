"""Server-sent events: how one is written."""

from typing import Any

from puna.core.json import write

KEEP_ALIVE = b": keep-alive\n\n"
"""A comment, which clients pass over."""
DONE = b"data: [DONE]\n\n"
"""What ends a stream of OpenAI's, after its last event."""


def data_of(block: bytes) -> bytes:
    """The JSON of one event, as it was written here."""
    return block[block.index(b"data: ") + 6 : -2]


def event(data: Any, name: str | None = None) -> bytes:
    """An event of that JSON. With a name it stands before the data."""
    head = b"" if name is None else b"event: " + name.encode() + b"\n"
    return head + b"data: " + write(data) + b"\n\n"
