"""The tools of a chat completion request, and whether they have to be called."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from puna.api.body import Body
from puna.api.functions import invalid
from puna.core.errors import InvalidRequest
from puna.core.tools import Tool, ToolChoice


class Named(Body):
    """A function, by its name."""

    name: str


class NamedTool(Body):
    """A tool, by its name."""

    type: Literal["function"]
    function: Named


class AllowedTools(Body):
    """Some of the tools."""

    mode: Literal["auto", "required"]
    tools: Annotated[list[NamedTool], Field(min_length=1)]


class Choice(Body):
    """One tool that has to be called, or the tools that may be."""

    type: Literal["function", "allowed_tools"]
    function: Named | None = None
    allowed_tools: AllowedTools | None = None

    def to_core(self) -> ToolChoice:
        if self.function is not None and self.type == "function":
            return ToolChoice(mode="required", names=(self.function.name,))
        if self.allowed_tools is not None and self.type == "allowed_tools":
            allowed = self.allowed_tools
            return ToolChoice(mode=allowed.mode, names=tuple(tool.function.name for tool in allowed.tools))
        path = f"tool_choice.{self.type}"
        raise InvalidRequest(f"Missing required parameter: '{path}'.", param=path, code="missing_required_parameter")


Mode = Literal["none", "auto", "required"]


def tool_choice(choice: Mode | Choice | None, tools: Sequence[Tool]) -> ToolChoice:
    """The choice; what it names has to be among the tools."""
    core = ToolChoice(mode=choice or "auto") if not isinstance(choice, Choice) else choice.to_core()
    if choice is not None and not tools and core.mode != "none":
        raise invalid("tool_choice", "'tool_choice' is only allowed when 'tools' are specified.")
    for name in core.names or ():
        if name not in {tool.name for tool in tools}:
            raise invalid("tool_choice", f"Invalid 'tool_choice': '{name}' is not one of 'tools'.")
    return core


def legacy_choice(choice: Literal["none", "auto"] | Named | None, tools: Sequence[Tool]) -> ToolChoice:
    """`function_call`, the older form of `tool_choice`."""
    if not isinstance(choice, Named):
        return ToolChoice(mode=choice or "auto")
    if choice.name not in {tool.name for tool in tools}:
        raise invalid("function_call", f"Invalid 'function_call': '{choice.name}' is not one of 'functions'.")
    return ToolChoice(mode="required", names=(choice.name,))
