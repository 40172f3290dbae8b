"""Reads tool calls out of generated text that has one known shape."""

import re
import secrets
from collections.abc import Callable, Sequence

from puna.core.events import Event, TextDelta, ToolCallDelta
from puna.engines.llama.chat.filters import Filter
from puna.engines.llama.markup import CallShape, overlap

STRUCTURE = re.compile(r'["\\{}]')
Part = Callable[[list[Event]], bool]
"""Reads the part of the text that comes next, as far as it is there. Whether it is complete."""


def new_call_id() -> str:
    """An id that no other call has, in the form of OpenAI's."""
    return f"call_{secrets.token_hex(12)}"


class CallFilter(Filter):
    """Passes the text up to the first call, and makes the calls `ToolCallDelta`s. The grammar made the text, so
    nothing of its shape is checked. `calls` counts them."""

    def __init__(self, index: int, shape: CallShape) -> None:
        super().__init__(index)
        self.calls = 0
        self._index = index
        self._shape = shape
        self._object = ObjectEnd()
        self._read: Part = self._text

    def feed(self, piece: TextDelta) -> Sequence[Event]:
        self.held.add(piece)
        events: list[Event] = []
        while self._read(events):
            pass
        return events

    def close(self) -> Sequence[Event]:
        return self.rest() if self._read == self._text else []

    def _text(self, events: list[Event]) -> bool:
        text = self.held.text
        before, marker, _ = text.partition(self._shape.marker)
        if marker:
            self._read = self._prefix
            ready = before.rstrip()
        else:
            ready = before = text[: len(text) - overlap(self._shape.marker, text)]
        if ready:
            events.append(self.held.take(len(ready)))
        self.held.take(len(before) - len(ready))
        return bool(marker)

    def _prefix(self, _: list[Event]) -> bool:
        text = self.held.text
        self.held.take(len(text) - len(text.lstrip()))
        return self._skip(self._shape.prefix, self._name)

    def _suffix(self, _: list[Event]) -> bool:
        return self._skip(self._shape.suffix, self._prefix)

    def _skip(self, words: str, following: Part) -> bool:
        if len(self.held.text) < len(words):
            return False
        self.held.take(len(words))
        self._read = following
        return True

    def _name(self, events: list[Event]) -> bool:
        name, middle, _ = self.held.text.partition(self._shape.middle)
        if not middle:
            return False
        self.held.take(len(name) + len(middle))
        self._read, self._object = self._arguments, ObjectEnd()
        self.calls += 1
        events.append(ToolCallDelta(self._index, self.calls - 1, "", new_call_id(), name))
        return True

    def _arguments(self, events: list[Event]) -> bool:
        end = self._object.find(self.held.text)
        if end is not None:
            self._read = self._suffix
        piece = self.held.take(len(self.held.text) if end is None else end).text
        if piece:
            events.append(ToolCallDelta(self._index, self.calls - 1, piece))
        return end is not None


class ObjectEnd:
    """Finds where a JSON object ends that comes in pieces."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False
        self._escaped = False

    def find(self, text: str) -> int | None:
        """The place behind the object's last brace, if it is in this piece."""
        position = 0
        if self._escaped:
            position, self._escaped = 1, False
        while match := STRUCTURE.search(text, position):
            position = match.end()
            sign = match[0]
            if sign == "\\":
                self._escaped = position == len(text)
                position += 1
            elif sign == '"':
                self._in_string = not self._in_string
            elif not self._in_string:
                self._depth += 1 if sign == "{" else -1
                if self._depth == 0:
                    return position
        return None
