"""Calls in other forms than the template's, as small models write them.

An answer counts as calls where tools are offered and all of it is such calls: JSON that names an offered tool, with
arguments that fit its schema, alone, one after the other or in an array; in a code fence or between tags, the last of
which may be missing. Everything else is text.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from puna.core.events import Event, FinishReason, TextDelta, ToolCallDelta
from puna.engines.llama.chat.filters import Filter
from puna.engines.llama.chat.offered import ARGUMENTS, BESIDE, NAMES, OfferedTools, new_call_id

WRAPPING = re.compile(r"\s*(?:```\w*\s*\n|```(?=\s*[\[{<])|</?[\w|]{1,30}>)")
"""A code fence, or a tag, before or behind a call."""
BEGUN = re.compile(r"\s*(?:`{0,2}|```\w*[^\S\n]*|<[\w|]{0,30})")
"""One of them that is not complete."""
FIRST_KEY = re.compile(r"[\[{\s]*\{\s*\"([^\"]*)(\"?)")
BRACKETS = re.compile(r"[\[\s]*(?:\{\s*)?")
DECODER = json.JSONDecoder()


class LooseCallFilter(Filter):
    """Holds an answer while it may be such calls. `calls` counts them. `marker` begins the calls of the template's
    own form, which are read elsewhere; `own` are the keys of that form where it is nothing but JSON: what a model was
    taught is a call whether its arguments fit or not."""

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
        self._index = index
        self._tools = tools
        self._several = several
        self._marker = marker
        self._own = own
        self._keys = {*NAMES, *ARGUMENTS, *BESIDE, *tools.names}
        self._decided: bool | None = None

    def feed(self, piece: TextDelta) -> Sequence[Event]:
        if self._decided is False:
            return [piece]
        self.held.add(piece)
        if self._decided is None:
            self._decided = self._may_be_calls(self.held.text)
        return self.rest() if self._decided is False else []

    def close(self, reason: FinishReason = "stop") -> Sequence[Event]:
        calls = self._read(self.held.text) if self._decided and reason == "stop" else None
        if not calls:
            return self.rest()
        self.held.take(len(self.held.text))
        events: list[Event] = []
        for name, arguments in calls if self._several else calls[:1]:
            events.append(ToolCallDelta(self._index, self.calls, "", new_call_id(), name))
            events.append(ToolCallDelta(self._index, self.calls, arguments))
            self.calls += 1
        return events

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

    def _read(self, text: str) -> list[tuple[str, str]] | None:
        return calls_in(text, self._tools, own=self._own)


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
