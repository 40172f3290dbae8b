"""Reads tool calls out of generated text that has one known shape."""

import re
from collections.abc import Callable

from puna.core.events import Event, TextDelta, ToolCallDelta
from puna.engines.llama.chat.call_id import new_call_id
from puna.engines.llama.markup import CallShape, overlap

STRUCTURE = re.compile(r'["\\{}]')
Part = Callable[[list[Event]], bool]
"""Reads the part of the text that comes next, as far as it is there. Whether it is complete."""


class CallReader:
    """The events of one choice's text that comes in pieces: text up to the first call, then calls. The grammar
    made the text, so nothing of its shape is checked."""

    def __init__(self, index: int, shape: CallShape) -> None:
        self.calls = 0
        self._index = index
        self._shape = shape
        self._rest = ""
        self._object = ObjectEnd()
        self._read: Part = self._text

    def feed(self, text: str) -> list[Event]:
        self._rest += text
        events: list[Event] = []
        while self._read(events):
            pass
        return events

    def close(self) -> list[Event]:
        """What was kept back, at the end of the text."""
        return [TextDelta(self._index, self._rest)] if self._rest and self._read == self._text else []

    def _text(self, events: list[Event]) -> bool:
        before, marker, _ = self._rest.partition(self._shape.marker)
        if marker:
            self._read = self._prefix
            ready = before.rstrip()
        else:
            ready = before = self._rest[: len(self._rest) - overlap(self._shape.marker, self._rest)]
        self._rest = self._rest[len(before) :]
        if ready:
            events.append(TextDelta(self._index, ready))
        return bool(marker)

    def _prefix(self, _: list[Event]) -> bool:
        self._rest = self._rest.lstrip()
        return self._skip(self._shape.prefix, self._name)

    def _suffix(self, _: list[Event]) -> bool:
        return self._skip(self._shape.suffix, self._prefix)

    def _skip(self, words: str, following: Part) -> bool:
        if len(self._rest) < len(words):
            return False
        self._rest = self._rest[len(words) :]
        self._read = following
        return True

    def _name(self, events: list[Event]) -> bool:
        name, middle, rest = self._rest.partition(self._shape.middle)
        if not middle:
            return False
        self._rest, self._read, self._object = rest, self._arguments, ObjectEnd()
        self.calls += 1
        events.append(ToolCallDelta(self._index, self.calls - 1, "", new_call_id(), name))
        return True

    def _arguments(self, events: list[Event]) -> bool:
        piece, end = self._rest, self._object.find(self._rest)
        if end is not None:
            piece = piece[:end]
            self._read = self._suffix
        self._rest = self._rest[len(piece) :]
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
