"""The tools of a response, in OpenAI's words and in the core's."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import Field

from puna.api.openai.custom_tools import custom_tool
from puna.core.errors import InvalidRequest
from puna.core.tools import TextGrammar, Tool, ToolChoice
from puna.http.body import Body, Given, WritableObject

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


class FunctionTool(Given):
    """A function. `output_schema` is for programs that OpenAI runs; it is given back."""

    type: Literal["function"]
    name: Name
    description: str | None = None
    parameters: WritableObject | None = None
    strict: bool | None = None
    output_schema: WritableObject | None = None
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
            "parameters": self.parameters,
            "strict": self.strict is not False,
            **({} if self.output_schema is None else {"output_schema": self.output_schema}),
        }


class TextInput(Body):
    type: Literal["text"]


class GrammarInput(Body):
    type: Literal["grammar"]
    syntax: Literal["lark", "regex"]
    definition: Annotated[str, Field(min_length=1)]


class CustomTool(Given):
    type: Literal["custom"]
    name: Name
    description: str | None = None
    format: Annotated[TextInput | GrammarInput, Field(discriminator="type")] | None = None
    defer_loading: Literal[False] | None = None
    allowed_callers: list[Literal["direct"]] | None = None

    def to_core(self) -> Tool:
        form = None
        if isinstance(self.format, GrammarInput):
            form = TextGrammar(self.format.syntax, self.format.definition)
        return custom_tool(self.name, self.description, form)

    def render(self) -> dict[str, Any]:
        form = TextInput(type="text") if self.format is None else self.format
        about = {} if self.description is None else {"description": self.description}
        return {"type": "custom", "name": self.name, **about, "format": form.model_dump()}


class NamedTool(Body):
    type: Literal["function", "custom"]
    name: str


class AllowedTools(Body):
    type: Literal["allowed_tools"]
    mode: Literal["auto", "required"]
    tools: Annotated[list[NamedTool], Field(min_length=1)]


Mode = Literal["none", "auto", "required"]
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
        names: dict[str, str] = {}
        for index, tool in enumerate(self.given):
            if tool.name in names:
                raise InvalidRequest(f"Two tools have the name '{tool.name}'.", param=f"tools[{index}].name")
            names[tool.name] = tool.type
        choice = self.given_choice
        chosen = (
            [choice] if isinstance(choice, NamedTool) else choice.tools if isinstance(choice, AllowedTools) else []
        )
        for named in chosen:
            if names.get(named.name) != named.type:
                raise InvalidRequest(
                    f"Tool choice '{named.name}' not found in 'tools' parameter.", param="tool_choice"
                )
        if choice == "required" and not names:
            raise InvalidRequest(
                "Tool choice 'required' must be specified with 'tools' parameter.", param="tool_choice"
            )

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
