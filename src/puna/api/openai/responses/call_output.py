"""Calls while the model writes them: of functions, of tools that take a text, and of tools that the client runs."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from puna.api.openai.responses.actions import ACTIONS, SHELL, Action
from puna.api.openai.responses.identifier import new_id
from puna.api.openai.responses.items import Stored
from puna.api.openai.responses.output import WireEvent, added
from puna.api.openai.responses.toolbox import Offered
from puna.api.openai.text_argument import TextArgument


class CallItem(ABC):
    """A call. What it is named is what the client calls its tool, with the namespace beside it."""

    def __init__(self, output_index: int, kind: str, prefix: str, **fields: Any) -> None:
        key = new_id(prefix)
        self._place: dict[str, Any] = {"item_id": key, "output_index": output_index}
        self.item: Stored = {"type": kind, "id": key, "status": "in_progress", **fields}

    def open(self) -> Iterator[WireEvent]:
        """That it is there."""
        yield added(self._place["output_index"], self.item)

    @abstractmethod
    def add(self, arguments: str) -> Iterator[WireEvent]:
        """The next piece of its arguments."""

    @abstractmethod
    def close(self, status: str) -> Iterator[WireEvent]:
        """What comes before `output_item.done`."""


class FunctionCallOutput(CallItem):
    """A call of a function."""

    def __init__(self, output_index: int, call_id: str, names: dict[str, str]) -> None:
        super().__init__(output_index, "function_call", "fc", call_id=call_id, **names, arguments="")
        self._arguments: list[str] = []

    def add(self, arguments: str) -> Iterator[WireEvent]:
        if arguments:
            self._arguments.append(arguments)
            yield {"type": "response.function_call_arguments.delta", **self._place, "delta": arguments}

    def close(self, status: str) -> Iterator[WireEvent]:
        arguments = "".join(self._arguments)
        self.item = {**self.item, "arguments": arguments, "status": status}
        done = {"arguments": arguments, "name": self.item["name"]}
        yield {"type": "response.function_call_arguments.done", **self._place, **done}


class CustomToolCallOutput(CallItem):
    """A call of a tool that takes a text: to the model a function with one argument, `input`. Its `status`, which
    OpenAI's servers send, too, is declared of items in lists only."""

    def __init__(self, output_index: int, call_id: str, names: dict[str, str]) -> None:
        super().__init__(output_index, "custom_tool_call", "ctc", call_id=call_id, **names, input="")
        self._argument = TextArgument()
        self._texts: list[str] = []

    def add(self, arguments: str) -> Iterator[WireEvent]:
        yield from self._grow(self._argument.feed(arguments))

    def close(self, status: str) -> Iterator[WireEvent]:
        yield from self._grow(self._argument.close())
        text = "".join(self._texts)
        self.item = {**self.item, "input": text, "status": status}
        yield {"type": "response.custom_tool_call_input.done", **self._place, "input": text}

    def _grow(self, text: str) -> Iterator[WireEvent]:
        if text:
            self._texts.append(text)
            yield {"type": "response.custom_tool_call_input.delta", **self._place, "delta": text}


class ActionCallOutput(CallItem):
    """A call of a tool that the client runs. The client hears of it when it is complete: half an action is none."""

    def __init__(self, output_index: int, call_id: str, action: Action) -> None:
        super().__init__(output_index, action.call, action.prefix, call_id=call_id)
        self._action = action
        self._arguments: list[str] = []

    def open(self) -> Iterator[WireEvent]:
        yield from ()

    def add(self, arguments: str) -> Iterator[WireEvent]:
        self._arguments.append(arguments)
        yield from ()

    def close(self, status: str) -> Iterator[WireEvent]:
        self.item |= self._action.read("".join(self._arguments))
        yield added(self._place["output_index"], self.item)
        if self._action is SHELL:
            yield from self._commands()
        self.item = {**self.item, "status": status}

    def _commands(self) -> Iterator[WireEvent]:
        for index, command in enumerate(self.item["action"]["commands"]):
            place = {"output_index": self._place["output_index"], "command_index": index}
            for event in ("added", "done"):
                yield {"type": f"response.shell_call_command.{event}", **place, "command": command}


def new_call(output_index: int, call_id: str, name: str, offered: Offered | None) -> CallItem:
    """A call of what the model calls so."""
    if offered and (action := ACTIONS.get(offered.type)):
        return ActionCallOutput(output_index, call_id, action)
    names = {"name": offered.name if offered else name}
    if offered and offered.namespace is not None:
        names["namespace"] = offered.namespace
    kind = CustomToolCallOutput if offered and offered.type == "custom" else FunctionCallOutput
    return kind(output_index, call_id, names)
