"""The tools of one response: what the model is offered of a request's, and what its calls are to the client."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from puna.api.mistakes import invalid_value
from puna.api.openai.responses.actions import ACTIONS
from puna.api.openai.responses.tools import (
    ActionChoice,
    AllowedTools,
    CustomTool,
    FunctionTool,
    GivenChoice,
    GivenTool,
    HostedChoice,
    HostedTool,
    NamedTool,
    NamespaceTool,
    ToolSearchTool,
    not_here,
)
from puna.core.tools import Tool, ToolChoice

NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_-]")


@dataclass(frozen=True, slots=True)
class Offered:
    """A tool as the model has it, and how the client knows it. `place` is where the request has it."""

    tool: Tool
    type: str
    name: str
    place: str
    namespace: str | None = None


def model_name(name: str, namespace: str | None = None) -> str:
    """What the model calls a tool: its name, after that of its namespace where it has one."""
    if namespace is None:
        return name
    return NOT_IN_NAMES.sub("_", namespace).removesuffix("__") + "__" + name


class Toolbox:
    """The tools of one response, and which of them it may or has to use. `found` are those that a search gave, or
    that were added in the conversation."""

    def __init__(self, given: Sequence[GivenTool], choice: GivenChoice, found: Sequence[GivenTool] = ()) -> None:
        self.given = given
        self.given_choice = choice
        self._found = found

    def with_found(self, tools: Sequence[GivenTool]) -> "Toolbox":
        """The same, and those tools."""
        return Toolbox(self.given, self.given_choice, (*self._found, *tools)) if tools else self

    @cached_property
    def offered(self) -> tuple[Offered, ...]:
        """What the model may call. A tool that is to be loaded later waits for a search where there is one, and is
        there at once where there is none."""
        searches = any(isinstance(tool, ToolSearchTool) for tool in self.given)
        given = list(offers(self.given, deferred=not searches))
        names = {one.tool.name for one in given}
        found = {one.tool.name: one for one in offers(self._found, deferred=True)}
        return (*given, *(one for name, one in found.items() if name not in names))

    @property
    def tools(self) -> tuple[Tool, ...]:
        return tuple(one.tool for one in self.offered)

    @property
    def left_out(self) -> tuple[str, ...]:
        """The types of the tools that OpenAI runs, which the model is not offered."""
        return tuple(dict.fromkeys(tool.type for tool in self.given if isinstance(tool, HostedTool)))

    @property
    def choice(self) -> ToolChoice:
        match self.given_choice:
            case NamedTool() | ActionChoice() as chosen:
                return ToolChoice(mode="required", names=tuple(self._names([chosen])))
            case AllowedTools(mode=mode, tools=tools):
                return ToolChoice(mode=mode, names=tuple(self._names(tools)))
            case mode:
                return ToolChoice(mode=mode)

    def place_of(self, name: str) -> str:
        """Where the request has the tool that the model calls so."""
        return next((one.place for one in self.offered if one.tool.name == name), "tools")

    def check(self) -> None:
        """Raises InvalidRequest: two tools share a name, a choice names none of them, or can't be met, or only OpenAI
        has any of them."""
        known: set[str] = set()
        for one in self.offered:
            if one.tool.name in known:
                field = "type" if one.type in ACTIONS else "name"
                raise invalid_value(f"{one.place}.{field}", f"Two tools have the name '{one.tool.name}'.")
            known.add(one.tool.name)
        if self.left_out and not self.offered and self.given_choice != "none":
            raise not_here(self.left_out[0], "tools[0].type")
        match self.given_choice:
            case NamedTool() | ActionChoice() as chosen:
                list(self._names([chosen]))
            case AllowedTools(tools=chosen):
                if not list(self._names(chosen)):
                    raise not_here(chosen[0].type, "tool_choice.tools[0].type")
            case "required" if not self.offered:
                raise invalid_value("tool_choice", "'tool_choice' can't be 'required' without 'tools'.")

    def render(self) -> list[dict[str, Any]]:
        """The request's tools as they are given back, but for those that are not here."""
        return [tool.render() for tool in self.given if not isinstance(tool, HostedTool)]

    def render_choice(self) -> Any:
        given = self.given_choice
        return given if isinstance(given, str) else given.model_dump(exclude_none=True)

    def _names(self, chosen: Iterable[NamedTool | ActionChoice | HostedChoice]) -> Iterator[str]:
        """What the model calls the chosen tools. Raises InvalidRequest for one that is not there."""
        for choice in chosen:
            if isinstance(choice, HostedChoice):
                continue
            name = choice.name if isinstance(choice, NamedTool) else choice.type
            within = choice.namespace if isinstance(choice, NamedTool) else None
            names = [
                one.tool.name
                for one in self.offered
                if (one.type, one.name) == (choice.type, name) and within in (None, one.namespace)
            ]
            if not names:
                message = f"Invalid 'tool_choice': '{name}' is not a {choice.type} tool among 'tools'."
                raise invalid_value("tool_choice", message)
            yield from names


def offers(given: Sequence[GivenTool], place: str = "tools", *, deferred: bool) -> Iterator[Offered]:
    """The tools that the model can be offered, also those that are to be loaded later if `deferred`."""
    for index, tool in enumerate(given):
        where = f"{place}[{index}]"
        match tool:
            case HostedTool():
                continue
            case NamespaceTool():
                inner = list(offers(tool.tools, f"{where}.tools", deferred=deferred))
                yield from (within(tool, one, first=one is inner[0]) for one in inner)
            case FunctionTool() | CustomTool():
                if deferred or not tool.defer_loading:
                    yield Offered(tool.to_core(), tool.type, tool.name, where)
            case _:
                yield Offered(tool.to_core(), tool.type, tool.type, where)


def within(namespace: NamespaceTool, one: Offered, *, first: bool) -> Offered:
    """A tool of a namespace. What the namespace is for is told once, with its first tool."""
    description = one.tool.description
    if first and namespace.description:
        description = f"{description}\n{namespace.name}: {namespace.description}".strip()
    tool = replace(one.tool, name=model_name(one.name, namespace.name), description=description)
    return replace(one, tool=tool, namespace=namespace.name)
