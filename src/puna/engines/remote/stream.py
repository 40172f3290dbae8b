"""Server-sent events as they come from another server."""

from collections.abc import AsyncGenerator
from typing import Any

import orjson

from puna.engines.remote.client import Answer


async def events_of(answer: Answer) -> AsyncGenerator[Any, None]:
    """The decoded data of each event. Raises ConnectionError where the server breaks off or sends what is none."""
    rest = b""
    while block := await answer.read():
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n")
        *events, rest = (rest + block).split(b"\n\n")
        for event in events:
            if (data := data_of(event)) is not None:
                yield data
    if (data := data_of(rest)) is not None:
        yield data


def data_of(event: bytes) -> Any:
    """The JSON of one event; None for a comment, the mark of the end, and nothing. Raises ConnectionError."""
    if event.startswith(b"data: {"):  # as all but a few are
        data = event[6:]
    else:
        lines = (line for line in event.split(b"\n") if line.startswith(b"data:"))
        data = b"\n".join(line[5:].strip() for line in lines)
    if not data or data == b"[DONE]":
        return None
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise ConnectionError("it sent invalid JSON") from error
