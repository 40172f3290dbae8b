"""Where in a body a mistake is: pydantic's locations, without the names of a union's alternatives in them."""

from typing import Any

from pydantic_core import ErrorDetails

Location = tuple[int | str, ...]

MOST_SHOWN = 200
"""How much of what a client sent it gets to read again."""
TAGS = frozenset({"union_tag_invalid", "union_tag_not_found"})
"""pydantic's errors about the field that says which of a union's alternatives is meant."""


def with_real_location(error: ErrorDetails, value: Any) -> ErrorDetails:
    """The error with a location that is one of the value, which is what was read."""
    steps = real_location(error["loc"], value, error["type"]) or ()
    if error["type"] in TAGS:
        told = error["ctx"]["discriminator"].strip("'")
        steps = (
            *steps,
            "type" if told.endswith("()") else told,
        )  # a function that tells alternatives apart reads `type`
    return {**error, "loc": steps}


def real_location(steps: Location, value: Any, kind: str) -> Location | None:
    """The steps that lead on in the value; None where they lead nowhere.

    Among pydantic's are names of types and tags, which the value does not have. The last step is no such name where
    `kind` says that a field is missing, or that there is one too many.
    """
    if not steps:
        return ()
    first, rest = steps[0], steps[1:]
    inside = first in value if isinstance(value, dict) else is_index(first, value)
    if inside and (rest or kind != "missing"):
        found = real_location(rest, value[first], kind)
        if found is not None:
            return (first, *found)
    if not rest and kind in ("missing", "extra_forbidden"):
        absent = not inside or value[first] is None  # `Lenient` takes what is null for absent
        return (first,) if isinstance(value, dict) and kind == "missing" and absent else None
    return None if isinstance(first, int) else real_location(rest, value, kind)


def is_index(step: int | str, value: Any) -> bool:
    """Whether a list has something there. (A search through `range` for a text would look at every number.)"""
    return isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value)


def dotted(steps: Location) -> str:
    """The location as OpenAI writes it: `messages[0].content`. Of a name that is very long only the beginning."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{cut(step)}" for step in steps).removeprefix(".")


def shown(value: Any) -> str:
    """A value that is wrong, as an error shows it."""
    return cut(repr(value)) if isinstance(value, str | int | float | bool | None) else cut(str(value))


def cut(text: str) -> str:
    """The text, or its beginning where it is a long one."""
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"
