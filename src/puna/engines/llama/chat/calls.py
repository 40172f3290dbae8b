"""Reads tool calls out of generated text that has one known shape."""

import re
from collections.abc import Callable, Sequence

from puna.core.events import Event, FinishReason, TextDelta, ToolCallDelta
from puna.engines.llama.chat.filters import Filter
from puna.engines.llama.chat.loose import calls_in
from puna.engines.llama.chat.objects import ObjectEnd
from puna.engines.llama.chat.offered import OfferedTools, new_call_id
from puna.engines.llama.markup import ID, CallShape, overlap

Part = Callable[[list[Event]], bool]
"""Reads the part of the text that comes next, as far as it is there. Whether it is complete."""


class CallFilter(Filter):
    """Passes the text up to the first call, and makes the calls `ToolCallDelta`s. `calls` counts them. What follows
    the marker is read by the subclass, which begins with `_marked`."""

    def __init__(self, index: int, marker: str) -> None:
        super().__init__(index)
        self.calls = 0
        self.ended = False
        self._index = index
        self._marker = marker
        self._read: Part = self._text

    def feed(self, piece: TextDelta) -> Sequence[Event]:
        self.held.add(piece)
        events: list[Event] = []
        while self._read(events):
            pass
        return events

    def _text(self, events: list[Event]) -> bool:
        text = self.held.text
        before, marker, _ = text.partition(self._marker)
        if marker:
            self._read = self._marked
        else:
            before = text[: len(text) - overlap(self._marker, text)]
        if ready := len(before.rstrip()):  # white space before a call is nobody's
            events.append(self.held.take(ready))
        return bool(marker)

    def _marked(self, events: list[Event]) -> bool:
        raise NotImplementedError

    def _skip_space(self) -> None:
        text = self.held.text
        self.held.take(len(text) - len(text.lstrip()))


class JsonCallFilter(CallFilter):
    """Reads calls of one shape, whatever white space is in it. The first call is read while it comes. A later one is
    held until it is complete: small models repeat a call until something stops them, so one that was made before ends
    the answer. What begins as a call and is none of that shape may be one in another; else it is text."""

    def __init__(self, index: int, shape: CallShape, tools: OfferedTools, *, several: bool) -> None:
        super().__init__(index, shape.marker)
        names = "|".join(map(re.escape, tools.names))
        call = rf"({names})\s*{pattern(shape.middle)}\s*(?=\{{)"
        self._first = re.compile(rf"\s*{pattern(shape.prefix)}{call}")
        self._unmarked = re.compile(rf"\s*{call}")
        between = shape.between.strip()
        # The suffix that the next call begins with may be gone before the rest of that is there.
        begins = (between, between.removeprefix(shape.suffix.strip())) if between else ()
        self._begins = [*(re.compile(rf"\s*{pattern(text)}{call}") for text in begins), self._first]
        self._suffix = re.compile(rf"\s*{pattern(shape.suffix)}")
        self._longest = 64 + 2 * sum(
            map(len, (shape.prefix, shape.between, shape.middle, shape.suffix, tools.names[0]))
        )
        self._closing = re.compile("|".join(map(re.escape, re.findall(r"</[^<>]+>", shape.suffix))) or "$^")
        self._end = shape.suffix
        self._others = [f"{begin}{name}{shape.middle}" for begin in (shape.prefix, *begins) for name in tools.names]
        self._made: list[tuple[str, str]] = []
        self._object = ObjectEnd()
        self._tools = tools
        self._several = several

    def close(self, reason: FinishReason = "stop") -> Sequence[Event]:
        events: list[Event] = []
        if self._read == self._arguments and len(self._made) > 1:  # a limit cut it
            self._call(*self._made[-1], events)
        if self._read == self._marked:
            calls = calls_in(self.held.text, self._tools) if reason == "stop" else None
            for call in calls or ():
                self._call(*call, events)
            if calls:
                self.held.take(len(self.held.text))
            return [*events, *self.rest()]
        rest = self._closing.sub("", self.held.text)
        ends = (self._end, *self._others) if reason == "length" else (self._end,)
        if self._read == self._after and any(may_begin(end, rest) for end in ends):
            self.held.take(len(self.held.text))
        return [*events, *self.rest()] if self._read in (self._text, self._after) else events

    def _marked(self, events: list[Event]) -> bool:
        return self._begin(self._first, events)

    def _begin(self, words: re.Pattern[str], events: list[Event]) -> bool:
        """Everything before the arguments."""
        head = words.match(self.held.text)
        if head is None:
            return False
        self.held.take(head.end())
        self._made.append((head[1], ""))
        if len(self._made) == 1:
            self._call(head[1], "", events)
        self._read, self._object = self._arguments, ObjectEnd()
        return True

    def _arguments(self, events: list[Event]) -> bool:
        end = self._object.find(self.held.text)
        piece = self.held.take(len(self.held.text) if end is None else end).text
        name, arguments = self._made[-1]
        self._made[-1] = call = (name, arguments + piece)
        if len(self._made) == 1 and piece:
            events.append(ToolCallDelta(self._index, 0, piece))
        if end is None:
            return False
        self._read = self._after
        if call in self._made[:-1]:
            self.ended, self._read = True, self._nothing
        elif len(self._made) > 1:
            self._call(*call, events)
        return True

    def _after(self, events: list[Event]) -> bool:
        """What follows the arguments: another call, the end of this one, or text."""
        if any(self._begin(words, events) for words in self._begins):
            return True
        text = self.held.text
        suffix = self._suffix.match(text) or self._closing.match(text)
        if suffix and suffix.end():
            self.held.take(suffix.end())
            return True
        if len(text) <= self._longest:
            return False
        self._read = self._text
        return True

    def _nothing(self, _: list[Event]) -> bool:
        return False

    def _call(self, name: str, arguments: str, events: list[Event]) -> None:
        if self._several or not self.calls:
            events.append(ToolCallDelta(self._index, self.calls, "", new_call_id(), name))
            if arguments:
                events.append(ToolCallDelta(self._index, self.calls, arguments))
            self.calls += 1


def may_begin(part: str, text: str) -> bool:
    """Whether a part of a shape begins with that text, whatever white space is in it."""
    part, text = "".join(part.split()), "".join(text.split())
    while True:
        before, number, part = part.partition(ID)
        if before.startswith(text):
            return True
        if not number or not text.startswith(before):
            return False
        text = re.sub(r"[\w-]{0,64}", "", text[len(before) :], count=1)


def pattern(text: str) -> str:
    """An expression for a part of a shape, with any white space in it, and any number of a call in place of its
    `ID`."""
    parts = (re.escape(part) for part in re.split(rf"(\s+|{ID})", text.strip()))
    return "".join(
        r"[\w-]{1,64}" if part == re.escape(ID) else part if part.strip("\\ \n") else r"\s*" for part in parts
    )
