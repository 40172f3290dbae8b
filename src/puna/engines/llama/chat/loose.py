"""Calls in other forms than the template's, as small models write them.

An answer counts as calls where tools are offered and all of it is such calls: JSON that names an offered tool, with
arguments that fit its schema, alone, one after the other or in an array; in a code fence or between tags, the last of
which may be missing. Everything else is text.
"""

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from puna.core.events import Event, FinishReason, TextDelta, ToolCallDelta
from puna.engines.llama.chat.filters import Filter
from puna.engines.llama.chat.objects import ObjectEnd
from puna.engines.llama.chat.offered import ARGUMENTS, BESIDE, NAMES, OfferedTools, new_call_id

WRAPPING = re.compile(r"\s*(?:```\w*\s*\n|```(?=\s*[\[{<])|</?[\w|]{1,30}>)")
"""A code fence, or a tag, before or behind a call."""
AROUND = re.compile(r"```\w*|</?[\w|]{1,30}>")
BEGUN = re.compile(r"\s*(?:`{0,2}|```\w*[^\S\n]*|<[\w|]{0,30})")
"""One of them that is not complete."""
FIRST_KEY = re.compile(r"[\[{\s]*\{\s*\"([^\"]*)(\"?)")
BRACKETS = re.compile(r"[\[\s]*(?:\{\s*)?")
DECODER = json.JSONDecoder()


class LooseCallFilter(Filter):
    """Holds an answer while it may be such calls. `calls` counts them, `ended` says that one was repeated: small
    models go on with that until something stops them. `marker` begins the calls of the template's own form, which are
    read elsewhere; `own` are the keys of that form where it is nothing but JSON: what a model was taught is a call
    whether its arguments fit or not."""

    def __init__(
        self,
        index: int,
        tools: OfferedTools,
        *,
        several: bool,
        marker: str | None = None,
        own: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(index)
        self.calls = 0
        self.ended = False
        self._index = index
        self._tools = tools
        self._several = several
        self._object = ObjectEnd()
        self._made: list[tuple[str, str]] = []
        """The complete calls, as long as there are `_only_calls`; they go up to `_end`."""
        self._only_calls = True
        self._end = 0
        self._marker = marker
        self._own = own
        self._keys = {*NAMES, *ARGUMENTS, *BESIDE, *tools.names}
        self._decided: bool | None = None

    def feed(self, piece: TextDelta) -> Sequence[Event]:
        if self._decided is False or self.ended:
            return [] if self.ended else [piece]
        seen = len(self.held.text) if self._decided else 0
        self.held.add(piece)
        if self._decided is None:
            self._decided = self._may_be_calls(self.held.text)
        if self._decided:
            self.ended = self._repeated(seen)
        if self.ended:
            return self._call(self._made, len(self.held.text))
        return self.rest() if self._decided is False else []

    def close(self, reason: FinishReason = "stop") -> Sequence[Event]:
        """The calls, where all of the text is calls. A limit may have cut the last one, which stays text."""
        if not self._decided or self.ended:
            return self.rest()
        if reason == "stop":
            calls = calls_in(self.held.text, self._tools, own=self._own)
            return self._call(calls, len(self.held.text)) if calls else self.rest()
        return [*self._call(self._made, self._end), *self.rest()] if self._only_calls else self.rest()

    def _call(self, calls: Sequence[tuple[str, str]], size: int) -> list[Event]:
        """The calls that a text of that size is."""
        self.held.take(size)
        events: list[Event] = []
        for name, arguments in calls if self._several else calls[:1]:
            events.append(ToolCallDelta(self._index, self.calls, "", new_call_id(), name))
            events.append(ToolCallDelta(self._index, self.calls, arguments))
            self.calls += 1
        return events

    def _repeated(self, place: int) -> bool:
        """Whether what is new from that place on has a call that was made before, and all before it is calls."""
        text = self.held.text
        while self._only_calls and (end := self._object.find(text[place:])) is not None:
            place += end
            found = self._call_of(text[self._end : place])
            self._only_calls = bool(found)
            if any(call in self._made for call in found):
                return True
            self._made += found
            self._end = place
            self._object = ObjectEnd()
        return False

    def _call_of(self, text: str) -> list[tuple[str, str]]:
        """The call that an object is, behind what may be around calls."""
        begin = text.index("{")
        if AROUND.sub("", text[:begin]).strip("[], \n\t\r;`"):
            return []
        with suppress(json.JSONDecodeError, RecursionError):
            value = json.loads(text[begin:])
            return own_call(value, self._tools, self._own) or self._tools.calls(value) or []
        return []

    def _may_be_calls(self, text: str) -> bool | None:
        """Whether a text that begins so may be calls; None while it can't be told."""
        if self._marker and text.lstrip().startswith(self._marker):
            return False
        while wrapping := WRAPPING.match(text):
            text = text[wrapping.end() :]
        key = FIRST_KEY.match(text)
        if key is None:
            return None if BEGUN.fullmatch(text) or BRACKETS.fullmatch(text) else False
        if key[2]:
            return key[1] in self._keys
        return None if any(known.startswith(key[1]) for known in self._keys) else False


def calls_in(text: str, tools: OfferedTools, *, own: tuple[str, str] | None = None) -> list[tuple[str, str]] | None:
    """The calls that all of a text is; None where it is something else."""
    calls: list[tuple[str, str]] = []
    while text.strip(" \n\t\r;,`"):
        while wrapping := WRAPPING.match(text):
            text = text[wrapping.end() :]
        text = text.lstrip(" \n\t\r;,")
        if not text:
            break
        try:
            value, end = DECODER.raw_decode(text)
        except (json.JSONDecodeError, RecursionError):
            return None
        found = own_call(value, tools, own) or tools.calls(value)
        if not found:
            return None
        calls += found
        text = text[end:]
    return calls


def own_call(value: Any, tools: OfferedTools, keys: tuple[str, str] | None) -> list[tuple[str, str]] | None:
    """A call with those keys, whose arguments need not fit."""
    if not keys or not isinstance(value, dict) or set(keys) != value.keys():
        return None
    name, arguments = (value[key] for key in keys)
    if not isinstance(name, str) or name not in tools or not isinstance(arguments, dict):
        return None
    return [(name, json.dumps(arguments, ensure_ascii=False))]
