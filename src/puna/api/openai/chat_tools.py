"""The tools of a chat completion request, and whether they have to be called."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from puna.api.openai.body import Body
from puna.core.errors import InvalidRequest
from puna.core.tools import Tool, ToolChoice

FunctionName = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-zA-Z0-9_-]+$")]


class Function(Body):
    """A function: its name, what it is for, and the JSON Schema of its arguments."""

    name: FunctionName
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None

    def to_core(self) -> Tool:
        parameters = self.parameters or {"type": "object", "properties": {}}
        return Tool(
            name=self.name, description=self.description or "", parameters=parameters, strict=bool(self.strict)
        )


class FunctionTool(Body):
    """A tool; functions are the one kind there is."""

    type: Literal["function"]
    function: Function


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


def check_names(tools: Sequence[Tool], param: str) -> None:
    """Two tools of one name could not be told apart."""
    names: set[str] = set()
    for place, tool in enumerate(tools):
        if tool.name in names:
            raise invalid(f"{param}[{place}]", f"Invalid '{param}': two of them have the name '{tool.name}'.")
        names.add(tool.name)


def invalid(param: str, message: str) -> InvalidRequest:
    return InvalidRequest(message, param=param, code="invalid_value")
