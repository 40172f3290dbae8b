"""The tools of a response, in OpenAI's words and in the core's."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import Field

from puna.api.functions import check_names, invalid
from puna.api.no_ops import ToolHints
from puna.api.openai.tools import AnyText, GrammarOfText, Mode, check_choice, custom_tool
from puna.core.errors import InvalidRequest
from puna.core.tools import Tool, ToolChoice
from puna.http.body import Body
from puna.http.json import writable

Name = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]+$", min_length=1, max_length=128)]

HOSTED = (
    "web_search",
    "file_search",
    "code_interpreter",
    "computer",
    "image_generation",
    "mcp",
    "local_shell",
    "shell",
    "apply_patch",
    "tool_search",
    "namespace",
    "programmatic_tool_calling",
)
"""Tools that OpenAI runs on its own machines; their types may have a version at the end."""


class FunctionTool(ToolHints):
    """A function. `output_schema` is for programs that OpenAI runs; it is given back."""

    type: Literal["function"]
    name: Name
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None
    output_schema: dict[str, Any] | None = None
    defer_loading: Literal[False] | None = None
    allowed_callers: list[Literal["direct"]] | None = None

    def to_core(self) -> Tool:
        tool = Tool(name=self.name, description=self.description or "", strict=self.strict is not False)
        return tool if self.parameters is None else replace(tool, parameters=self.parameters)

    def render(self) -> dict[str, Any]:
        return {
            "type": "function",
            "name": self.name,
            "description": self.description,
            "parameters": writable(self.parameters),
            "strict": self.strict is not False,
            **({} if self.output_schema is None else {"output_schema": writable(self.output_schema)}),
        }


class GrammarInput(GrammarOfText):
    type: Literal["grammar"]


class CustomTool(ToolHints):
    type: Literal["custom"]
    name: Name
    description: str | None = None
    format: Annotated[AnyText | GrammarInput, Field(discriminator="type")] | None = None
    defer_loading: Literal[False] | None = None
    allowed_callers: list[Literal["direct"]] | None = None

    def to_core(self) -> Tool:
        form = self.format.to_core() if isinstance(self.format, GrammarInput) else None
        return custom_tool(self.name, self.description, form)

    def render(self) -> dict[str, Any]:
        form = AnyText(type="text") if self.format is None else self.format
        about = {} if self.description is None else {"description": self.description}
        return {"type": "custom", "name": self.name, **about, "format": form.model_dump()}


class NamedTool(Body):
    type: Literal["function", "custom"]
    name: str


class AllowedTools(Body):
    type: Literal["allowed_tools"]
    mode: Literal["auto", "required"]
    tools: Annotated[list[NamedTool], Field(min_length=1)]


GivenTool = Annotated[FunctionTool | CustomTool, Field(discriminator="type")]
GivenChoice = Mode | Annotated[NamedTool | AllowedTools, Field(discriminator="type")]


@dataclass(frozen=True, slots=True)
class Toolbox:
    """The tools of one response, and which of them it may or has to use."""

    given: Sequence[FunctionTool | CustomTool]
    given_choice: Mode | NamedTool | AllowedTools

    @property
    def tools(self) -> tuple[Tool, ...]:
        return tuple(tool.to_core() for tool in self.given)

    @property
    def choice(self) -> ToolChoice:
        match self.given_choice:
            case NamedTool(name=name):
                return ToolChoice(mode="required", names=(name,))
            case AllowedTools(mode=mode, tools=tools):
                return ToolChoice(mode=mode, names=tuple(tool.name for tool in tools))
            case mode:
                return ToolChoice(mode=mode)

    @property
    def custom(self) -> frozenset[str]:
        """The names of the tools that take a text."""
        return frozenset(tool.name for tool in self.given if isinstance(tool, CustomTool))

    def check(self) -> None:
        """Raises InvalidRequest: two tools share a name, a choice names none of them, or can't be met."""
        check_names((tool.name for tool in self.given), "tools[{}].name")
        match self.given_choice:
            case NamedTool() as chosen:
                check_choice([chosen], self.given)
            case AllowedTools(tools=chosen):
                check_choice(chosen, self.given)
            case "required" if not self.given:
                raise invalid("tool_choice", "'tool_choice' can't be 'required' without 'tools'.")

    def render_choice(self) -> Any:
        return self.given_choice if isinstance(self.given_choice, str) else self.given_choice.model_dump()


def refuse_hosted(given: Mapping[str, Any]) -> None:
    """Say of a tool or a choice of one that only OpenAI has it, before the body is read any further.

    Raises:
        InvalidRequest: naming the tool and its place.
    """
    tools = given.get("tools")
    if isinstance(tools, list):
        for index, tool in enumerate(tools):
            refuse_type(tool, f"tools[{index}].type")
    refuse_type(given.get("tool_choice"), "tool_choice.type")


def refuse_type(tool: Any, param: str) -> None:
    kind = tool.get("type") if isinstance(tool, dict) else None
    if isinstance(kind, str) and re.fullmatch(rf"({'|'.join(HOSTED)})([_-].*)?", kind):
        raise InvalidRequest(
            f"The tool '{kind}' runs on OpenAI's machines and is not there on a local server. "
            "Use a tool of type 'function' or 'custom' and run it in your application.",
            param=param,
            code="unsupported_tool",
        )
