"""Reads tool calls out of generated text that has one known shape."""

import re
from collections.abc import Iterator
from enum import Enum, auto

from puna.core.events import Event, TextDelta, ToolCallDelta
from puna.engines.llama.call_id import new_call_id
from puna.engines.llama.grammar.gbnf import overlap
from puna.engines.llama.traits import CallShape

STRUCTURE = re.compile(r'["\\{}]')


class State(Enum):
    TEXT = auto()
    PREFIX = auto()
    NAME = auto()
    ARGUMENTS = auto()
    SUFFIX = auto()


class CallReader:
    """The events of one choice's text that comes in pieces: text up to the first call, then calls. The grammar
    made the text, so nothing of its shape is checked."""

    def __init__(self, index: int, shape: CallShape) -> None:
        self.calls = 0
        self._index = index
        self._shape = shape
        self._state = State.TEXT
        self._rest = ""
        self._object = ObjectEnd()

    def feed(self, text: str) -> Iterator[Event]:
        self._rest += text
        while (event := self._step()) is not None:
            if event:
                yield event[0]

    def close(self) -> Iterator[Event]:
        """What was kept back, at the end of the text."""
        if self._state is State.TEXT and self._rest:
            yield TextDelta(self._index, self._rest)

    def _step(self) -> tuple[Event] | tuple[()] | None:
        """One step: the event it has, if any; None when more text is needed first."""
        match self._state:
            case State.TEXT:
                return self._text()
            case State.PREFIX:
                return self._skip(self._shape.prefix, State.NAME)
            case State.NAME:
                return self._name()
            case State.ARGUMENTS:
                return self._arguments()
            case State.SUFFIX:
                return self._skip(self._shape.suffix, State.PREFIX)

    def _text(self) -> tuple[Event] | tuple[()] | None:
        before, marker, _ = self._rest.partition(self._shape.marker)
        if marker:
            self._state = State.PREFIX
            self._rest = self._rest[len(before) :]
            before = before.rstrip()
            return (TextDelta(self._index, before),) if before else ()
        kept = overlap(self._shape.marker, self._rest)
        ready = self._rest[: len(self._rest) - kept]
        self._rest = self._rest[len(ready) :]
        return (TextDelta(self._index, ready),) if ready else None

    def _skip(self, words: str, following: State) -> tuple[()] | None:
        """Leave those words out, and white space before them."""
        stripped = self._rest.lstrip() if self._state is State.PREFIX else self._rest
        if len(stripped) < len(words):
            return None
        self._rest = stripped[len(words) :]
        self._state = following
        return ()

    def _name(self) -> tuple[Event] | None:
        name, middle, rest = self._rest.partition(self._shape.middle)
        if not middle:
            return None
        self._rest, self._state, self._object = rest, State.ARGUMENTS, ObjectEnd()
        self.calls += 1
        return (ToolCallDelta(self._index, self.calls - 1, "", new_call_id(), name),)

    def _arguments(self) -> tuple[Event] | None:
        if not self._rest:
            return None
        end = self._object.find(self._rest)
        if end is not None:
            self._state = State.SUFFIX
        piece, self._rest = self._rest[:end], self._rest[end:] if end is not None else ""
        return (ToolCallDelta(self._index, self.calls - 1, piece),)


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
