"""Where in a body a mistake is: pydantic's places, without the names of a union's alternatives in them."""

from typing import Any

from pydantic_core import ErrorDetails

Steps = tuple[int | str, ...]

TAGS = frozenset({"union_tag_invalid", "union_tag_not_found"})
"""pydantic's errors about the field that says which of a union's alternatives is meant."""


def located(error: ErrorDetails, value: Any) -> ErrorDetails:
    """The error with a place that is one of the value, which is what was read."""
    steps = real_steps(error["loc"], value, error["type"]) or ()
    if error["type"] in TAGS:
        steps = (*steps, error["ctx"]["discriminator"].strip("'"))
    return {**error, "loc": steps}


def real_steps(steps: Steps, value: Any, kind: str) -> Steps | None:
    """The steps that lead on in the value; None where they lead nowhere.

    Among pydantic's are names of types and tags, which the value does not have. The last step is no such name where
    `kind` says that a field is missing, or that there is one too many.
    """
    if not steps:
        return ()
    first, rest = steps[0], steps[1:]
    inside = first in value if isinstance(value, dict) else isinstance(value, list) and first in range(len(value))
    if inside and (rest or kind != "missing"):
        found = real_steps(rest, value[first], kind)
        if found is not None:
            return (first, *found)
    if not rest and kind in ("missing", "extra_forbidden"):
        return (first,) if isinstance(value, dict) and kind == "missing" and not inside else None
    return None if isinstance(first, int) else real_steps(rest, value, kind)


def written(steps: Steps) -> str:
    """The place as OpenAI writes it: `messages[0].content`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")
