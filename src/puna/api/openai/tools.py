"""What the tools of chat completions and of responses have in common.

A custom tool takes a text: to the model it is a function of one argument, `input`.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Protocol

import orjson
from pydantic import Field

from puna.api.mistakes import invalid_value
from puna.core.tools import TextGrammar, Tool
from puna.http.body import Body

Mode = Literal["none", "auto", "required"]

DESCRIPTIONS = {"lark": "A text of this Lark grammar", "regex": "A text that this regular expression matches"}


class AnyText(Body):
    """The form of a text: any."""

    type: Literal["text"]


class GrammarOfText(Body):
    """A grammar, and the language it is written in."""

    syntax: Literal["lark", "regex"]
    definition: Annotated[str, Field(min_length=1)]

    def to_core(self) -> TextGrammar:
        return TextGrammar(self.syntax, self.definition)


class ByName(Protocol):
    """A tool of a request, or one that a choice names."""

    @property
    def type(self) -> Literal["function", "custom"]: ...

    @property
    def name(self) -> str: ...


def check_choice(chosen: Sequence[ByName], tools: Sequence[ByName]) -> None:
    """Raises InvalidRequest: the choice names a tool that is not there, or not of that type."""
    types = {tool.name: tool.type for tool in tools}
    for tool in chosen:
        if types.get(tool.name) != tool.type:
            message = f"Invalid 'tool_choice': '{tool.name}' is not a {tool.type} tool among 'tools'."
            raise invalid_value("tool_choice", message)


def custom_tool(name: str, description: str | None, form: TextGrammar | None) -> Tool:
    """The function. The model reads the grammar, too, which the engine enforces."""
    text: dict[str, Any] = {"type": "string"}
    if form is not None:
        text["description"] = f"{DESCRIPTIONS[form.syntax]}:\n{form.definition}"
    parameters = {
        "type": "object",
        "properties": {"input": text},
        "required": ["input"],
        "additionalProperties": False,
    }
    return Tool(name=name, description=description or "", parameters=parameters, strict=True, text=form)


def custom_arguments(text: str) -> str:
    """The arguments of a call with that text."""
    return orjson.dumps({"input": text}).decode()
