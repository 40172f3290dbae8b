"""JSON in and out, with integers of any size."""

from typing import Any

import orjson
from pydantic_core import from_json


def read(text: str | bytes) -> Any:
    """What a JSON text says. Raises ValueError where it is none."""
    return from_json(text)


def write(value: Any, option: int = 0) -> bytes:
    """The value as JSON."""
    try:
        return orjson.dumps(value, option=option)
    except orjson.JSONEncodeError:
        return orjson.dumps(writable(value), option=option)


def writable(value: Any) -> Any:
    """The value with integers of more than 64 bits as orjson writes them, which it refuses to do by itself."""
    match value:
        case dict() as members:
            return {name: writable(member) for name, member in members.items()}
        case list() | tuple() as elements:
            return [writable(element) for element in elements]
        case int(number) if not -(2**63) <= number < 2**64:
            return orjson.Fragment(str(number))
    return value
