"""The calls of a streamed chat completion."""

from collections.abc import Iterator
from typing import Any

from puna.api.openai.text_argument import TextArgument
from puna.core.events import ToolCallDelta


class CallDeltas:
    """Renders the pieces of calls. OpenAI's description has no streamed call of a custom tool; its servers send one
    as they send one of a function: `custom` for `function`, `input` for `arguments`."""

    def __init__(self, custom: frozenset[str], *, legacy: bool) -> None:
        self._custom = custom
        self._legacy = legacy
        self._texts: dict[tuple[int, int], TextArgument] = {}

    def delta(self, event: ToolCallDelta) -> dict[str, Any] | None:
        """What a piece says to the client. None: nothing, it is the JSON around a text."""
        named = {} if event.name is None else {"name": event.name}
        if self._custom and (text := self._text(event)):
            piece = text.feed(event.arguments)
            return call_delta(event.call, event.id, "custom", {**named, "input": piece}) if named or piece else None
        function = {**named, "arguments": event.arguments}
        return {"function_call": function} if self._legacy else call_delta(event.call, event.id, "function", function)

    def _text(self, event: ToolCallDelta) -> TextArgument | None:
        """The text of that call, if its tool takes one."""
        if event.name in self._custom:
            self._texts[event.index, event.call] = TextArgument()
        return self._texts.get((event.index, event.call))

    def rest(self, index: int) -> Iterator[dict[str, Any]]:
        """What is left of the texts of a choice at its end."""
        for (choice, call), text in self._texts.items():
            if choice == index and (piece := text.close()):
                yield call_delta(call, None, "custom", {"input": piece})


def call_delta(call: int, identifier: str | None, kind: str, content: dict[str, str]) -> dict[str, Any]:
    begin = {} if identifier is None else {"id": identifier, "type": kind}
    return {"tool_calls": [{"index": call, **begin, kind: content}]}
