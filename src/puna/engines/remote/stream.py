"""Server-sent events as they come from another server."""

from collections.abc import Iterator
from typing import Any

import orjson


class EventReader:
    """Reads the decoded data of events, in whatever blocks they come."""

    def __init__(self) -> None:
        self._rest = b""

    def read(self, block: bytes) -> Iterator[Any]:
        """The events that end in a block. Raises ConnectionError for what is none."""
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n")
        *events, self._rest = (self._rest + block).split(b"\n\n")
        for event in events:
            if (data := data_of(event)) is not None:
                yield data

    def close(self) -> Iterator[Any]:
        """What came last, where no empty line ends it. Raises as `read` does."""
        if (data := data_of(self._rest)) is not None:
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
