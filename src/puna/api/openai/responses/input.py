"""The items of an input, as they are read of a request."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from puna.api.openai.responses.action_items import ACTION_KINDS, ActionItems
from puna.api.openai.responses.items import (
    CallOutput,
    CompactionItem,
    CustomToolCall,
    FunctionCall,
    ItemReference,
    MessageItem,
    ReasoningItem,
    Stored,
)
from puna.core.errors import InvalidRequest
from puna.http.body import invalid
from puna.http.location import with_real_location

Item = (
    MessageItem
    | FunctionCall
    | CustomToolCall
    | CallOutput
    | ReasoningItem
    | CompactionItem
    | ItemReference
    | ActionItems
)

KINDS: dict[str, type[Item]] = {
    "message": MessageItem,
    "function_call": FunctionCall,
    "function_call_output": CallOutput,
    "custom_tool_call": CustomToolCall,
    "custom_tool_call_output": CallOutput,
    "reasoning": ReasoningItem,
    "compaction": CompactionItem,
    "item_reference": ItemReference,
    **ACTION_KINDS,
}


def read_input(given: str | Sequence[Mapping[str, Any]] | None, param: str = "input") -> list[Stored]:
    """The items of an input. A plain text is a message of the user's.

    Raises:
        InvalidRequest: naming the item that is wrong.
    """
    if given is None:
        return []
    if isinstance(given, str):
        return [MessageItem(role="user", content=given).stored()]
    return [read_item(item, index, param) for index, item in enumerate(given)]


def read_item(given: Mapping[str, Any], index: int, param: str) -> Stored:
    """One item, in the form it is kept."""
    kind = given.get("type") or ("message" if "role" in given else "item_reference" if "id" in given else None)
    if kind is None:
        raise InvalidRequest(
            f"Missing required parameter: '{param}[{index}].type'.",
            param=f"{param}[{index}].type",
            code="missing_required_parameter",
        )
    if not isinstance(kind, str) or kind not in KINDS:
        raise InvalidRequest(
            f"Invalid value: {kind!r}. Supported values are: {', '.join(map(repr, KINDS))}. "
            "Items of tools that run on OpenAI's servers are not supported.",
            param=f"{param}[{index}].type",
            code="invalid_value",
        )
    try:
        return KINDS[kind].model_validate(given).stored()
    except ValidationError as error:
        problems = error.errors(include_url=False)
        for problem in problems:
            problem["loc"] = (param, index, *with_real_location(problem, given)["loc"])
        raise invalid(problems) from error
