"""Which tools a request offers, and what is a call of one of them."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any

import jsonschema_rs
import orjson

from puna.core.tools import Tool

NAMES, ARGUMENTS = ("name", "tool_name", "function", "tool"), ("arguments", "parameters", "args", "input")
"""The keys under which models write a tool's name and its arguments."""
BESIDE = {"id", "type", "tool_call_id", "call_id", "index"}
"""Other keys of a call."""


def new_call_id() -> str:
    """An id that no other call has, in the form of OpenAI's."""
    return f"call_{secrets.token_hex(12)}"


class OfferedTools:
    """The tools of one request."""

    def __init__(self, tools: Sequence[Tool]) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._fits: dict[str, Any] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._tools

    @cached_property
    def names(self) -> list[str]:
        """The names, the longest first."""
        return sorted(self._tools, key=len, reverse=True)

    def calls(self, value: Any) -> list[tuple[str, str]] | None:
        """The calls that a JSON value is, each a name and its arguments as JSON; None where it is something else.

        A call is an object with the name of an offered tool and arguments that fit its schema, alone or in an array:
        `{"name": …, "arguments": {…}}`, with `parameters`, with all of that in `function`, or `{NAME: {…}}`.
        """
        if isinstance(value, list):
            every = [self.calls(each) for each in value if isinstance(each, dict)]
            if not value or len(every) < len(value) or not all(every):
                return None
            return [call for calls in every for call in calls or ()]
        if not isinstance(value, dict):
            return None
        found = next(self._readings(value), None)
        return None if found is None else [found]

    def _readings(self, value: dict[str, Any]) -> Iterator[tuple[str, str]]:
        if isinstance(value.get("function"), dict) and value.keys() <= {"function", *BESIDE}:
            value = value["function"]
        names = [key for key in NAMES if isinstance(value.get(key), str)]
        arguments = [key for key in ARGUMENTS if key in value]
        if len(names) == 1 and len(arguments) <= 1 and value.keys() <= {*names, *arguments, *BESIDE}:
            given = value[arguments[0]] if arguments else {}
            if isinstance(given, str):
                with suppress(orjson.JSONDecodeError):
                    given = orjson.loads(given)
            if self.fit(value[names[0]], given):
                yield value[names[0]], orjson.dumps(given).decode()
        if len(value) == 1:
            [(name, given)] = value.items()
            if self.fit(name, given):
                yield name, orjson.dumps(given).decode()

    def fit(self, name: str, arguments: Any) -> bool:
        """Whether a tool of that name is offered, and the arguments fit its schema, as far as that can be told."""
        if name not in self._tools or not isinstance(arguments, dict):
            return False
        if name not in self._fits:
            self._fits[name] = validator(self._tools[name])
        check = self._fits[name]
        return check is None or bool(check.is_valid(arguments))


def validator(tool: Tool) -> Any:
    """What checks a tool's arguments; None where its schema is none."""
    try:
        return jsonschema_rs.validator_for({**tool.parameters, "type": "object"}, retriever=nothing_elsewhere)
    except (ValueError, jsonschema_rs.ReferencingError):
        return None


def nothing_elsewhere(uri: str) -> Any:
    """A tool's schema is all there is of it: nothing is fetched for a request."""
    raise KeyError(uri)
