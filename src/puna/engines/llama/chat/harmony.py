"""Harmony, the format of gpt-oss: an answer of messages, each with a channel and perhaps a recipient.

<|channel|>analysis<|message|>I wonder.<|end|>
<|start|>assistant<|channel|>commentary<|message|>Let me look.<|end|>
<|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{"city": "Paris"}<|call|>
<|start|>assistant<|channel|>final<|message|>It rains.<|return|>
"""

import re
from collections.abc import Callable, Sequence
from typing import Literal

from puna.core.events import Event, FinishReason, ReasoningDelta, TextDelta, ToolCallDelta
from puna.engines.llama.chat.filters import Filter
from puna.engines.llama.chat.offered import OfferedTools, new_call_id
from puna.engines.llama.markup import overlap

START, CHANNEL, MESSAGE, CONSTRAIN = "<|start|>", "<|channel|>", "<|message|>", "<|constrain|>"
ENDS = ("<|end|>", "<|call|>", "<|return|>", START, CHANNEL)
"""What ends a message. Models leave the proper one out now and then, and begin the next."""
TAGS = [START, CHANNEL, MESSAGE, CONSTRAIN, "<|end|>"]
FINAL = f"{CHANNEL}final{MESSAGE}"
"""What is before an answer without thinking."""
REOPENED = f"<|end|>{START}assistant"
"""What ends a message in its middle, and begins another one."""
HEADER = re.compile(r"\s*(?:<\|start\|>|<\|channel\|>|<\|message\|>|(?:assistant)?\s*to=)")
RECIPIENT = re.compile(r"to=([\w.:/-]+)")
CHANNEL_NAME = re.compile(r"<\|channel\|>\s*(\w+)")

HEADS = (START, CHANNEL, MESSAGE, "to=", "assistant to=")
"""What a header begins with."""

Part = Callable[[list[Event]], bool]
Kind = Literal["thought", "text", "call"]
BREAK = "\n\n"
"""Between two messages of one kind."""


def is_harmony(template: str) -> bool:
    """Whether a template writes that format."""
    return all(mark in template for mark in (START, f"{CHANNEL}analysis", f"{CHANNEL}final"))


class HarmonyFilter(Filter):
    """Makes analysis `ReasoningDelta`s and messages to offered functions `ToolCallDelta`s; everything else is text.
    `final` says that the prompt has begun the final message. `calls` counts the calls."""

    def __init__(self, index: int, tools: OfferedTools, *, several: bool, final: bool) -> None:
        super().__init__(index)
        self.calls = 0
        self._index = index
        self._tools = tools
        self._several = several
        self._kind: Kind = "text"
        self._new = True
        self._said: set[Kind] = set()
        self._read: Part = self._body if final else self._begin

    @property
    def in_thought(self) -> bool:
        return self._kind == "thought" and self._read == self._body

    def feed(self, piece: TextDelta) -> Sequence[Event]:
        self.held.add(piece)
        events: list[Event] = []
        while self._read(events):
            pass
        return events

    def close(self, reason: FinishReason = "stop") -> Sequence[Event]:
        events: list[Event] = []
        if self._read == self._begin and self.held.text.strip() and not HEADER.match(self.held.text):
            self._read = self._body
        if self._read == self._body:
            self._emit(len(self.held.text), events)
        self.held.take(len(self.held.text))
        return events

    def _begin(self, events: list[Event]) -> bool:
        """The header of a message; text that has none is the answer."""
        text = self.held.text
        if not HEADER.match(text):
            begin = text.lstrip()
            if any(head.startswith(begin) for head in HEADS):
                return False
            self._message("text")
            return True
        header, message, _ = text.partition(MESSAGE)
        if not message:
            return False
        self.held.take(len(header) + len(message))
        recipient, channel = RECIPIENT.search(header), CHANNEL_NAME.search(header)
        name = recipient[1].removeprefix("functions.") if recipient else ""
        if name in self._tools and (self._several or not self.calls):
            self.calls += 1
            events.append(ToolCallDelta(self._index, self.calls - 1, "", new_call_id(), name))
            self._message("call")
        else:
            self._message("thought" if not recipient and channel and channel[1] == "analysis" else "text")
        return True

    def _message(self, kind: Kind) -> None:
        self._kind, self._new = kind, True
        self._read = self._body

    def _body(self, events: list[Event]) -> bool:
        text = self.held.text
        ends = ENDS[:-1] if self._kind == "call" else ENDS  # the arguments may be about channels
        places = [(place, end) for end in ends if (place := text.find(end)) >= 0]
        if not places:
            self._emit(len(text) - max(overlap(end, text) for end in ends), events)
            return False
        place, end = min(places)
        self._emit(place, events)
        if end not in (START, CHANNEL):
            self.held.take(len(end))
        self._kind, self._read = "text", self._begin
        return True

    def _emit(self, size: int, events: list[Event]) -> None:
        """The next characters of the message."""
        if not size:
            return
        piece = self.held.take(size)
        if self._kind == "call":
            events.append(ToolCallDelta(self._index, self.calls - 1, piece.text))
            return
        text = BREAK + piece.text if self._new and self._kind in self._said else piece.text
        self._new = False
        self._said.add(self._kind)
        if self._kind == "thought":
            events.append(ReasoningDelta(self._index, text))
        else:
            events.append(TextDelta(self._index, text, piece.logprobs))
