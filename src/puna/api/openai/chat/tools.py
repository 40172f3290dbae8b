"""The tools of a chat completion request, and whether they have to be called."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from puna.api.functions import FunctionName, FunctionTool, Name, NamedFunction
from puna.api.mistakes import invalid_value
from puna.api.openai.tools import AnyText, GrammarOfText, Mode, check_choice, custom_tool
from puna.core.errors import InvalidRequest
from puna.core.tools import Tool, ToolChoice
from puna.http.body import Body


class GrammarInput(Body):
    """The form of a text: a grammar's."""

    type: Literal["grammar"]
    grammar: GrammarOfText


class Custom(Body):
    """A tool that takes a text: its name, what it is for, and the form of the text."""

    name: FunctionName
    description: str | None = None
    format: Annotated[AnyText | GrammarInput, Field(discriminator="type")] | None = None

    def to_core(self) -> Tool:
        form = self.format.grammar.to_core() if isinstance(self.format, GrammarInput) else None
        return custom_tool(self.name, self.description, form)


class CustomTool(Body):
    """A tool that takes a text."""

    type: Literal["custom"]
    custom: Custom

    @property
    def name(self) -> str:
        return self.custom.name


GivenTool = Annotated[FunctionTool | CustomTool, Field(discriminator="type")]


class NamedCustom(Body):
    """A custom tool that has to be called."""

    type: Literal["custom"]
    custom: Name

    @property
    def name(self) -> str:
        return self.custom.name


NamedTool = Annotated[NamedFunction | NamedCustom, Field(discriminator="type")]


class AllowedTools(Body):
    """Some of the tools."""

    mode: Literal["auto", "required"]
    tools: Annotated[list[NamedTool], Field(min_length=1)]


class Allowed(Body):
    """The tools that may be called."""

    type: Literal["allowed_tools"]
    allowed_tools: AllowedTools


GivenChoice = Mode | Annotated[NamedFunction | NamedCustom | Allowed, Field(discriminator="type")]


def tool_choice(choice: GivenChoice | None, tools: Sequence[FunctionTool | CustomTool]) -> ToolChoice:
    """The choice among those tools. Raises InvalidRequest where it names none of them."""
    mode, named = read_choice(choice)
    if choice is not None and not tools and mode != "none":
        message = "'tool_choice' is only allowed when 'tools' are specified."
        raise InvalidRequest(message, param="tool_choice")
    check_choice(named or (), tools)
    return ToolChoice(mode=mode, names=None if named is None else tuple(tool.name for tool in named))


def read_choice(choice: GivenChoice | None) -> tuple[Mode, Sequence[NamedFunction | NamedCustom] | None]:
    """Whether a tool is called, and which of them; None for any."""
    match choice:
        case NamedFunction() | NamedCustom():
            return "required", [choice]
        case Allowed(allowed_tools=allowed):
            return allowed.mode, allowed.tools
        case _:
            return choice or "auto", None


def legacy_choice(choice: Literal["none", "auto"] | Name | None, tools: Sequence[Tool]) -> ToolChoice:
    """`function_call`, the older form of `tool_choice`."""
    if not isinstance(choice, Name):
        return ToolChoice(mode=choice or "auto")
    if choice.name not in {tool.name for tool in tools}:
        raise invalid_value("function_call", f"Invalid 'function_call': '{choice.name}' is not one of 'functions'.")
    return ToolChoice(mode="required", names=(choice.name,))
