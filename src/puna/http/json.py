"""JSON in and out."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response


def writable(value: Any) -> Any:
    """The value with integers of more than 64 bits as orjson writes them, which it refuses to do by itself."""
    match value:
        case dict() as members:
            return {name: writable(member) for name, member in members.items()}
        case list() as elements:
            return [writable(element) for element in elements]
        case int(number) if not -(2**63) <= number < 2**64:
            return orjson.Fragment(str(number))
    return value


class JSONResponse(Response):
    """A response whose body is encoded by orjson; times may be in it that have a time zone."""

    media_type = "application/json"

    def __init__(self, content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(orjson.dumps(content, option=orjson.OPT_UTC_Z), status, headers)
