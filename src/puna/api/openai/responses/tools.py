"""The tools of a response, in OpenAI's words and in the core's."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag

from puna.api.no_ops import ToolHints
from puna.api.openai.responses.actions import ACTIONS, SHELL, TOOL_SEARCH
from puna.api.openai.responses.strictness import may_be_strict
from puna.api.openai.tools import AnyText, GrammarOfText, Mode, custom_tool
from puna.core.errors import InvalidRequest
from puna.core.json import writable
from puna.core.tools import Tool
from puna.http.body import Body, Lenient

Name = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]+$", min_length=1, max_length=128)]

HOSTED = re.compile(
    "(web_search|file_search|code_interpreter|computer|image_generation|mcp|programmatic_tool_calling)([_-].*)?"
)
"""The types of tools that OpenAI runs on its own machines; they may have a version at the end."""


class FunctionTool(ToolHints):
    """A function. `output_schema` is for programs that OpenAI runs; it is given back."""

    type: Literal["function"]
    name: Name
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None
    output_schema: dict[str, Any] | None = None
    defer_loading: bool | None = None
    allowed_callers: list[Literal["direct"]] | None = None

    @property
    def enforced(self) -> bool:
        """Whether it is strict: as is said, else where its schema is made for it."""
        return may_be_strict(self.parameters) if self.strict is None else self.strict

    def to_core(self) -> Tool:
        tool = Tool(name=self.name, description=self.description or "", strict=self.enforced)
        return tool if self.parameters is None else replace(tool, parameters=self.parameters)

    def render(self) -> dict[str, Any]:
        return {
            "type": "function",
            "name": self.name,
            "description": self.description,
            "parameters": writable(self.parameters),
            "strict": self.enforced,
            **({} if self.output_schema is None else {"output_schema": writable(self.output_schema)}),
        }


class GrammarInput(GrammarOfText):
    type: Literal["grammar"]


class CustomTool(ToolHints):
    type: Literal["custom"]
    name: Name
    description: str | None = None
    format: Annotated[AnyText | GrammarInput, Field(discriminator="type")] | None = None
    defer_loading: bool | None = None
    allowed_callers: list[Literal["direct"]] | None = None

    def to_core(self) -> Tool:
        form = self.format.to_core() if isinstance(self.format, GrammarInput) else None
        return custom_tool(self.name, self.description, form)

    def render(self) -> dict[str, Any]:
        form = AnyText(type="text") if self.format is None else self.format
        about = {} if self.description is None else {"description": self.description}
        return {"type": "custom", "name": self.name, **about, "format": form.model_dump()}


Inner = Annotated[FunctionTool | CustomTool, Field(discriminator="type")]


class NamespaceTool(Lenient):
    """Functions and custom tools under one name. To the model they are tools like others, with both names in one."""

    type: Literal["namespace"]
    name: Annotated[str, Field(min_length=1, max_length=128)]
    description: str = ""
    tools: list[Inner]

    def render(self) -> dict[str, Any]:
        inner = [tool.render() for tool in self.tools]
        return {"type": "namespace", "name": self.name, "description": self.description, "tools": inner}


class ActionTool(Lenient):
    """A tool that the client runs, whose calls are items of a type of their own."""

    type: Literal["local_shell", "apply_patch"]
    allowed_callers: list[Literal["direct"]] | None = None

    def to_core(self) -> Tool:
        return ACTIONS[self.type].tool

    def render(self) -> dict[str, Any]:
        return {"type": self.type}


class Skill(Lenient):
    """Something that the model may read about on the client's machine before it does it."""

    name: str
    description: str
    path: str


class LocalEnvironment(Lenient):
    type: Literal["local"]
    skills: list[Skill] | None = None


class ShellTool(Lenient):
    """A shell on the client's machine. One in a container of OpenAI's is a hosted tool."""

    type: Literal["shell"]
    environment: LocalEnvironment | None = None
    allowed_callers: list[Literal["direct"]] | None = None

    def to_core(self) -> Tool:
        skills = (self.environment and self.environment.skills) or []
        about = [f"{skill.name}: {skill.description} (described in {skill.path})" for skill in skills]
        told = "\n".join([SHELL.tool.description, *(["It also helps with:"] if about else []), *about])
        return replace(SHELL.tool, description=told)

    def render(self) -> dict[str, Any]:
        given = self.environment
        return {"type": "shell", "environment": None if given is None else given.model_dump(exclude_none=True)}


class ToolSearchTool(Lenient):
    """A search for more tools, which the client does."""

    type: Literal["tool_search"]
    execution: Literal["client"]
    description: str | None = None
    parameters: dict[str, Any] | None = None

    def to_core(self) -> Tool:
        plain = TOOL_SEARCH.tool
        return replace(
            plain, description=self.description or plain.description, parameters=self.parameters or plain.parameters
        )

    def render(self) -> dict[str, Any]:
        return {
            "type": "tool_search",
            "execution": "client",
            "description": self.description,
            "parameters": writable(self.parameters),
        }


HOSTED_TAG = "web_search"
"""The example of all of them."""


class HostedTool(Body):
    """A tool that OpenAI runs. It is not here, whatever else is said about it."""

    model_config = ConfigDict(extra="allow")
    type: str


def kind_of(tool: Any) -> str | None:
    """Which of the classes a tool of a request is; a type that is none of them where it is none."""
    kind = tool.get("type") if isinstance(tool, dict) else getattr(tool, "type", None)
    if not isinstance(kind, str):
        return None
    elsewhere = isinstance(tool, dict) and (
        (kind == "shell" and (environment_of(tool) or "local") != "local")
        or (kind == "tool_search" and tool.get("execution", "server") == "server")
    )
    return HOSTED_TAG if elsewhere or HOSTED.fullmatch(kind) or isinstance(tool, HostedTool) else kind


def environment_of(tool: Mapping[str, Any]) -> str | None:
    """Where a shell runs, if its tool says so."""
    environment = tool.get("environment")
    return environment.get("type") if isinstance(environment, dict) else None


GivenTool = Annotated[
    Annotated[FunctionTool, Tag("function")]
    | Annotated[CustomTool, Tag("custom")]
    | Annotated[NamespaceTool, Tag("namespace")]
    | Annotated[ActionTool, Tag("local_shell")]
    | Annotated[ActionTool, Tag("apply_patch")]
    | Annotated[ShellTool, Tag("shell")]
    | Annotated[ToolSearchTool, Tag("tool_search")]
    | Annotated[HostedTool, Tag(HOSTED_TAG)],
    Discriminator(kind_of),
]


class NamedTool(Lenient):
    """A function or a custom tool, in any namespace where none is said."""

    type: Literal["function", "custom"]
    name: str
    namespace: str | None = None


class ActionChoice(Lenient):
    type: Literal["local_shell", "shell", "apply_patch", "tool_search"]


class HostedChoice(HostedTool):
    """One of several that are allowed, which is not here."""


ALLOWED = {"function": "named", "custom": "named", **dict.fromkeys(ACTIONS, "action")}


def allowed_kind(choice: Any) -> str | None:
    """Which of the classes a choice among several is."""
    kind = choice.get("type") if isinstance(choice, dict) else getattr(choice, "type", None)
    if not isinstance(kind, str):
        return None
    return ALLOWED.get(kind, "hosted" if HOSTED.fullmatch(kind) else kind)


Allowed = Annotated[
    Annotated[NamedTool, Tag("named")]
    | Annotated[ActionChoice, Tag("action")]
    | Annotated[HostedChoice, Tag("hosted")],
    Discriminator(allowed_kind),
]


class AllowedTools(Body):
    type: Literal["allowed_tools"]
    mode: Literal["auto", "required"]
    tools: Annotated[list[Allowed], Field(min_length=1)]


GivenChoice = Mode | Annotated[NamedTool | ActionChoice | AllowedTools, Field(discriminator="type")]


def refuse_hosted(given: Mapping[str, Any]) -> None:
    """Say of a choice of a tool that only OpenAI has it, before the body is read. Raises InvalidRequest."""
    choice = given.get("tool_choice")
    kind = choice.get("type") if isinstance(choice, dict) else None
    if isinstance(kind, str) and HOSTED.fullmatch(kind):
        raise not_here(kind, "tool_choice.type")


def not_here(kind: str, param: str) -> InvalidRequest:
    """The refusal of a tool that OpenAI runs."""
    return InvalidRequest(
        f"The tool '{kind}' runs on OpenAI's servers and is not available here. "
        "Use a tool of type 'function' or 'custom' and run it in your application.",
        param=param,
        code="unsupported_tool",
    )
