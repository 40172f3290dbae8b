"""The tools of a request, and whether one of them has to be called."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import ConfigDict, Discriminator, Field, Tag

from puna.api.anthropic.client_tools import bash, memory, text_editor
from puna.api.functions import check_names
from puna.api.mistakes import invalid_value
from puna.api.no_ops import ToolHints
from puna.core.errors import InvalidRequest
from puna.core.json import write
from puna.core.tools import Tool, ToolChoice
from puna.http.body import Lenient

HOSTED = re.compile(r"(web_search|web_fetch|code_execution|tool_search_tool_(bm25|regex)|advisor)(_\d{8})?")
"""The types of tools that Anthropic's servers run."""
SEARCH = "tool_search_tool_"
NOT_HERE = "it runs on Anthropic's servers"
Name = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[a-zA-Z0-9_-]+$")]


class ClientTool(ToolHints):
    """What all tools that a client runs have in common. `defer_loading` keeps one back until a search has found it.
    Arguments come as they are generated, whatever `eager_input_streaming` says; nothing but the model calls."""

    strict: bool | None = None
    defer_loading: bool | None = None
    input_examples: list[dict[str, Any]] | None = None
    allowed_callers: Annotated[list[Literal["direct"]], Field(min_length=1)] | None = None
    eager_input_streaming: bool | None = None

    def described(self, tool: Tool) -> Tool:
        """The tool, with what is said here of its calls."""
        description = tool.description
        if self.input_examples:
            examples = "\n".join(write(example).decode() for example in self.input_examples)
            description = f"{description}\nExamples of arguments:\n{examples}".strip()
        return Tool(name=tool.name, description=description, parameters=tool.parameters, strict=bool(self.strict))


class CustomTool(ClientTool):
    """A function of the client's own."""

    type: Literal["custom"] | None = None
    name: Name
    description: str | None = None
    input_schema: dict[str, Any]

    def to_core(self) -> Tool:
        return self.described(Tool(name=self.name, description=self.description or "", parameters=self.input_schema))


class BashTool(ClientTool):
    """A shell."""

    type: Literal["bash_20241022", "bash_20250124"]
    name: Literal["bash"]

    def to_core(self) -> Tool:
        return self.described(bash(self.name))


class TextEditorTool(ClientTool):
    """An editor."""

    type: Literal["text_editor_20241022", "text_editor_20250124", "text_editor_20250429", "text_editor_20250728"]
    name: Literal["str_replace_editor", "str_replace_based_edit_tool"]
    max_characters: Annotated[int, Field(ge=1)] | None = None

    def to_core(self) -> Tool:
        return self.described(text_editor(self.name, self.max_characters))


class MemoryTool(ClientTool):
    """Files to remember things in."""

    type: Literal["memory_20250818"]
    name: Literal["memory"]

    def to_core(self) -> Tool:
        return self.described(memory(self.name))


class HostedTool(ToolHints):
    """A tool that only Anthropic's servers have, with whatever they are to know of it."""

    model_config = ConfigDict(extra="allow")
    type: str
    name: str


def kind_of(tool: Any) -> str:
    """Which kind of tool it is by its type. What is unknown is judged as a function, and refused for its type."""
    kind = tool.get("type") if isinstance(tool, dict) else getattr(tool, "type", None)
    if not isinstance(kind, str):
        return "custom"
    if HOSTED.fullmatch(kind):
        return "hosted"
    family = re.sub(r"_\d{8}$", "", kind)
    return family if family in ("bash", "text_editor", "memory") else "custom"


OwnTool: TypeAlias = CustomTool | BashTool | TextEditorTool | MemoryTool
GivenTool = Annotated[
    Annotated[CustomTool, Tag("custom")]
    | Annotated[BashTool, Tag("bash")]
    | Annotated[TextEditorTool, Tag("text_editor")]
    | Annotated[MemoryTool, Tag("memory")]
    | Annotated[HostedTool, Tag("hosted")],
    Discriminator(kind_of),
]


class AnyChoice(Lenient):
    """Whether to call a tool is the model's choice, or it has to."""

    type: Literal["auto", "any"]
    disable_parallel_tool_use: bool | None = None


class NamedChoice(Lenient):
    """One tool has to be called."""

    type: Literal["tool"]
    name: str
    disable_parallel_tool_use: bool | None = None


class NoChoice(Lenient):
    """No tool is called."""

    type: Literal["none"]


Choice = Annotated[AnyChoice | NamedChoice | NoChoice, Field(discriminator="type")]


class Toolbox:
    """The tools of one request. `found` are the names of those that a search of the client's has found."""

    def __init__(
        self,
        given: Sequence[OwnTool | HostedTool],
        choice: AnyChoice | NamedChoice | NoChoice | None,
        found: frozenset[str],
    ) -> None:
        self._given = given
        self._choice = choice
        self._found = found

    @property
    def left_out(self) -> tuple[str, ...]:
        """The names of the tools that are not here, beside others that are."""
        return tuple(tool.name for tool in self._given if isinstance(tool, HostedTool))

    @property
    def tools(self) -> tuple[Tool, ...]:
        """What the model may call. A tool that is to be loaded later is there when it was found; at once where only
        a search could find it that is not here."""
        searched = any(tool.type.startswith(SEARCH) for tool in self._given if isinstance(tool, HostedTool))
        return tuple(
            tool.to_core()
            for tool in self._given
            if not isinstance(tool, HostedTool)
            and (searched or not tool.defer_loading or tool.name in self._found or tool.name == self._named)
        )

    @property
    def choice(self) -> ToolChoice:
        """Whether a tool is called, and which."""
        match self._choice:
            case NoChoice():
                return ToolChoice(mode="none")
            case AnyChoice(type="any"):
                return ToolChoice(mode="required")
            case NamedChoice(name=name):
                return ToolChoice(mode="required", names=(name,))
            case _:
                return ToolChoice()

    @property
    def parallel(self) -> bool:
        """Whether there may be several calls in one answer."""
        return not getattr(self._choice, "disable_parallel_tool_use", None)

    @property
    def _named(self) -> str | None:
        return self._choice.name if isinstance(self._choice, NamedChoice) else None

    def check(self) -> None:
        """Raises InvalidRequest: two tools share a name, a choice names none of them, or Anthropic has them all."""
        check_names((tool.name for tool in self._given), "tools[{}].name")
        own = [tool.name for tool in self._given if not isinstance(tool, HostedTool)]
        if self._named in self.left_out:
            raise not_here(self._named, "tool_choice.name")
        if self.left_out and not own and not isinstance(self._choice, NoChoice):
            raise not_here(self.left_out[0], "tools[0]")
        if self.choice.mode == "required" and not own:
            raise invalid_value("tool_choice", "'tool_choice' is only allowed when 'tools' are specified.")
        if self._named is not None and self._named not in own:
            raise invalid_value("tool_choice.name", f"Invalid 'tool_choice.name': no tool is called '{self._named}'.")


def not_here(name: str | None, param: str) -> InvalidRequest:
    """The error for a tool that can't be had."""
    return InvalidRequest(f"The tool '{name}' is not available: {NOT_HERE}.", param=param, code="unsupported_tool")
