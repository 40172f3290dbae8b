"""Calls whose arguments are tags: `<function=get_weather> <parameter=city>Paris</parameter> </function>`."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import orjson

from puna.core.events import Event, FinishReason, ToolCallDelta
from puna.core.tools import Tool
from puna.engines.llama.chat.calls import CallFilter, may_begin
from puna.engines.llama.chat.offered import new_call_id
from puna.engines.llama.markup import FIRST_TAG, overlap

Part = Callable[[list[Event]], bool]
KEY = "\N{REPLACEMENT CHARACTER}"
"""Stands for the argument's name in a tag that repeats it."""

CDATA, CDATA_END = "<![CDATA[", "]]>"
"""What XML has around a text with signs of its own in it."""


@dataclass(frozen=True, slots=True)
class TaggedShape:
    """How a call is written: `prefix`, the name, `name_end`, for each argument `key_start`, its name, `key_end`, its
    value, `value_end`, and at last `call_end`. White space between them is anything. `key_end` is what such an end
    begins and ends with: some have the value's type in it. `section` and `section_end` are around all calls of an
    answer."""

    prefix: str
    name_end: tuple[str, str]
    key_start: str
    key_end: tuple[str, str]
    value_end: str
    call_end: str
    section: str = ""
    section_end: str = ""

    @property
    def marker(self) -> str:
        """What tells a call from text."""
        begin = self.section or self.prefix
        tag = FIRST_TAG.match(begin)
        return (tag[0] if tag else begin).strip()

    @property
    def tags(self) -> list[str]:
        """Everything in it that may be a token of its own."""
        every = (self.section, self.prefix, *self.name_end, self.key_start, *self.key_end, self.value_end)
        return re.findall(r"<[^<>]+>|\[[A-Z_]+\]", " ".join((*every, self.call_end, self.section_end)))


class TaggedFilter(CallFilter):
    """Passes the text up to the first call of an offered tool, and makes the calls `ToolCallDelta`s, text arguments
    while they come. What begins as a call and is none is text."""

    def __init__(self, index: int, shape: TaggedShape, tools: Sequence[Tool], *, several: bool) -> None:
        super().__init__(index, shape.marker)
        self._form = shape
        self._tools = {tool.name: tool for tool in tools}
        self._longest = max(map(len, self._tools))
        self._several = several

    def close(self, reason: FinishReason = "stop") -> Sequence[Event]:
        """At the end of the text a call that lacks its last tags is complete, unless a limit cut it."""
        events: list[Event] = []
        if self._read == self._text:
            return self.rest()
        if self._read in (self._marked, self._between):
            return self._as_text(events, cut=reason == "length")
        if reason == "stop":
            if self._read in (self._first_line, self._value):
                self._finish_value(self.held.text, events)
            self._arguments(events, "}" if self._keys else "{}")
        self.held.take(len(self.held.text))
        return events

    def _marked(self, events: list[Event]) -> bool:
        """What is before the name: the section's tag and the prefix, whatever white space is between them."""
        text = self.held.text
        for words in filter(None, (self._form.section.strip(), self._form.prefix.strip())):
            text = text.lstrip()
            if text.startswith(words):
                text = text[len(words) :]
            elif words.startswith(text):
                return False
        return self._name(text.lstrip(), events)

    def _name(self, text: str, events: list[Event]) -> bool:
        if len(text) <= self._longest and not re.search(r"[\s<>\"\[\]]", text):
            return False
        name = max((name for name in self._tools if text.startswith(name)), key=len, default="")
        rest = text[len(name) :]
        if not name or re.match(r"[\w.-]", rest):
            self._read = self._text_only
            return True
        begin, end = self._form.name_end
        if (len(rest.lstrip()) < len(begin) and begin.startswith(rest.lstrip())) or (end and end not in rest):
            return False
        self.held.take(len(self.held.text) - len(rest))
        self._skip(begin)
        if end:
            self.held.take(self.held.text.index(end) + len(end))
        self.calls += 1
        self._tool, self._keys = self._tools[name], 0
        if self._wanted:
            events.append(ToolCallDelta(self._index, self.calls - 1, "", new_call_id(), name))
        self._read = self._key
        return True

    def _text_only(self, events: list[Event]) -> bool:
        """What looked like a call, but is of no tool: its marker is text, and what follows is read on."""
        text = self.held.text
        space = len(text) - len(text.lstrip())
        events.append(self.held.take(space + len(self._form.marker)))
        self._read = self._text if not self.calls else self._between
        return True

    def _as_text(self, events: list[Event], *, cut: bool) -> Sequence[Event]:
        """What is behind the last call, but for the end of it, or where it was `cut` the beginning of another."""
        rest, form = self.held.text.strip(), self._form
        for tag in (form.section_end, form.call_end):
            rest = rest.removeprefix(tag.strip()).strip()
        calls = [f"{form.prefix}{name}{form.name_end[0]}" for name in self._tools]
        others = (form.section_end, form.call_end, form.section + form.prefix, *calls) if cut else ()
        if not self.calls or (rest and not any(may_begin(other, rest) for other in others)):
            events += self.rest()
        return events

    @property
    def _wanted(self) -> bool:
        return self._several or self.calls == 1

    def _arguments(self, events: list[Event], text: str) -> None:
        if self._wanted and text:
            events.append(ToolCallDelta(self._index, self.calls - 1, text))

    def _skip(self, words: str) -> bool:
        """Pass over white space and those words, if they are there."""
        self._skip_space()
        found = bool(words.strip()) and self.held.text.startswith(words.strip())
        if found:
            self.held.take(len(words.strip()))
        return found

    def _key(self, events: list[Event]) -> bool:
        """The beginning of an argument, or the end of the call."""
        self._skip_space()
        text = self.held.text
        start, end = self._form.key_start.strip(), self._form.call_end.strip()
        if not text.startswith(end) and any(
            len(text) < len(words) and words.startswith(text) for words in (start, end)
        ):
            return False
        if text.startswith(start) and not text.startswith(end):
            name, found, rest = text[len(start) :].partition(self._form.key_end[0])
            if not found:
                return False
            after = rest.find(self._form.key_end[1])
            if after < 0:
                return False
            self.held.take(len(text) - len(rest) + after + len(self._form.key_end[1]))
            self._begin_value(name.strip(), events)
            return True
        # Whatever else comes, there are no more arguments.
        self._arguments(events, "}" if self._keys else "{}")
        self._skip(end)
        self._read = self._between
        return True

    def _begin_value(self, key: str, events: list[Event]) -> None:
        self._is_text = is_text(self._tool, key)
        self._value_end = self._form.value_end.replace(KEY, key)
        self._arguments(events, ("," if self._keys else "{") + f"{orjson.dumps(key).decode()}:")
        if self._is_text:
            self._arguments(events, '"')
        self._keys += 1
        self._read = self._first_line

    def _first_line(self, _: list[Event]) -> bool:
        """What is before a value: a line break where the template writes it on lines of its own, the mark of a text
        that may have any signs in it."""
        text = self.held.text
        begin = text.removeprefix("\n") if self._value_end.startswith("\n") else text
        if len(begin) < len(CDATA) and CDATA.startswith(begin):
            return False
        self.held.take(len(text) - len(begin))
        if begin.startswith(CDATA):
            self.held.take(len(CDATA))
            self._value_end = CDATA_END + self._value_end.strip()
        self._read = self._value
        return True

    def _value(self, events: list[Event]) -> bool:
        text, tag = self.held.text, self._value_end.strip()
        end = text.find(tag)
        if end < 0:
            if self._is_text:
                ready = len(text) - overlap(tag, text)
                ready -= 1 if ready and text[ready - 1] == "\n" else 0
                self._arguments(events, inside(self.held.take(ready).text))
            return False
        self._finish_value(text[:end], events)
        self.held.take(end + len(tag))
        self._read = self._key
        return True

    def _finish_value(self, text: str, events: list[Event]) -> None:
        if self._value_end.startswith("\n"):
            text = text.removesuffix("\n")
        if self._is_text:
            self._arguments(events, inside(text) + '"')
        else:
            self._arguments(events, as_json(text))

    def _between(self, events: list[Event]) -> bool:
        """What follows a call: another one, the end of the section, or text."""
        self._skip_space()
        text = self.held.text
        if not text:
            return False
        closings = [
            self._form.section_end.strip(),
            *re.findall(r"</[^<>]+>", self._form.call_end),
        ]  # some say it twice
        if any(self._skip(words) for words in closings if words):
            return True
        begins = [words.strip() for words in (self._form.section, self._form.prefix) if words]
        if any(text.startswith(words) for words in begins):
            self._read = self._marked
            return True
        if any(words.startswith(text) for words in (*begins, *closings) if words):
            return False
        self._read = self._text
        return True


def is_text(tool: Tool, key: str) -> bool:
    """Whether an argument is always a string, so that it needs no quotes to be one."""
    properties = tool.parameters.get("properties")
    schema = properties.get(key) if isinstance(properties, dict) else None
    return isinstance(schema, dict) and schema.get("type") == "string"


def as_json(text: str) -> str:
    """A value that may be JSON, else a string."""
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return python_literal(text.strip()) or orjson.dumps(text).decode()
    return text.strip()


def python_literal(text: str) -> str:
    """JSON for Python's words for it, which some templates write."""
    return {"True": "true", "False": "false", "None": "null"}.get(text, "")


def inside(text: str) -> str:
    """The inside of a JSON string."""
    return orjson.dumps(text).decode()[1:-1]
