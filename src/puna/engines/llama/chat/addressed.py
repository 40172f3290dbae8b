"""Messages with a recipient each, as Functionary writes them: `all`, or a tool.

>>>all
Let me look.>>>get_weather
{"city": "Paris"}

The prompt has begun the first one: its mark is there already.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from puna.core.events import Event, FinishReason
from puna.engines.llama.chat.calls import JsonCallFilter
from puna.engines.llama.chat.offered import OfferedTools
from puna.engines.llama.markup import CallShape


def is_addressed(shape: CallShape) -> bool:
    """Whether calls of that shape have nothing before them but what the prompt ends with."""
    return not shape.prefix


class AddressedFilter(JsonCallFilter):
    """Makes messages to offered tools `ToolCallDelta`s; all others are text."""

    def __init__(self, index: int, shape: CallShape, tools: OfferedTools, *, several: bool) -> None:
        super().__init__(index, replace(shape, prefix=shape.between), tools, several=several)
        self._offered = tools
        self._to_all = re.compile(rf"\s*{re.escape(shape.between)}all\n")
        self._read = self._recipient

    def close(self, reason: FinishReason = "stop") -> Sequence[Event]:
        return self.rest() if self._read == self._recipient else super().close(reason)

    def _recipient(self, events: list[Event]) -> bool:
        """The recipient of the first message, if it is a tool."""
        if self._begin(self._unmarked, events):
            return True
        if any(name.startswith(self.held.text.strip()) for name in self._offered.names):
            return False
        self._read = self._text
        return True

    def _marked(self, events: list[Event]) -> bool:
        return self._for_all() or super()._marked(events)

    def _after(self, events: list[Event]) -> bool:
        return self._for_all() or super()._after(events)

    def _for_all(self) -> bool:
        """The head of a message that is text."""
        head = self._to_all.match(self.held.text)
        if head:
            self.held.take(head.end())
            self._read = self._text
        return bool(head)
