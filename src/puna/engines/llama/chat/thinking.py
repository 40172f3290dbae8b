"""Tells what a model thinks from what it answers."""

from collections.abc import Callable, Sequence

from puna.core.events import Event, FinishReason, ReasoningDelta, TextDelta
from puna.engines.llama.chat.filters import Filter
from puna.engines.llama.markup import ThinkingTags, overlap

Part = Callable[[list[Event]], bool]
"""Reads the part of the text that comes next, as far as it is there. Whether it is complete."""


class ThinkingFilter(Filter):
    """Makes the thinking before the answer `ReasoningDelta`s. `begun` says that the prompt has the start tag
    already."""

    def __init__(self, index: int, tags: ThinkingTags, *, begun: bool) -> None:
        super().__init__(index)
        self._index = index
        self._tags = tags
        self._read: Part | None = None
        self._read = self._thought if begun else self._opening
        self._spoken = False

    @property
    def in_thought(self) -> bool:
        return self._read == self._thought

    def feed(self, piece: TextDelta) -> Sequence[Event]:
        if self._read is None:
            return [piece]
        self.held.add(piece)
        events: list[Event] = []
        while self._read is not None and self._read(events):
            pass
        if self._read is None:
            events += self.rest()
        return events

    def close(self, reason: FinishReason = "stop") -> Sequence[Event]:
        if self._read == self._thought and self.held.text:
            return [ReasoningDelta(self._index, self.held.take(len(self.held.text)).text)]
        return self.rest()

    def _opening(self, _: list[Event]) -> bool:
        """The start tag, or an end tag where there is nothing to think; text that can't begin so is the answer."""
        begin = self.held.text.lstrip()
        if begin.startswith(self._tags.end):
            self.held.take(len(self.held.text) - len(begin) + len(self._tags.end))
            self._read = self._space
            return True
        if begin.startswith(self._tags.start):
            self.held.take(len(self.held.text) - len(begin) + len(self._tags.start))
            self._read = self._thought
            return True
        if not any(tag.startswith(begin) for tag in (self._tags.start, self._tags.end)):
            self._read = None
        return False

    def _thought(self, events: list[Event]) -> bool:
        before, tag, _ = self.held.text.partition(self._tags.end)
        if not tag:
            # White space may turn out to be the thought's end.
            before = before[: len(before) - overlap(self._tags.end, before)].rstrip()
        if before:
            self.held.take(len(before))
        thought = before.rstrip() if self._spoken else before.strip()
        if thought:
            self._spoken = True
            events.append(ReasoningDelta(self._index, thought))
        if tag:
            self.held.take(len(tag))
            self._read = self._space
        return bool(tag)

    def _space(self, _: list[Event]) -> bool:
        """The white space between the end tag and the answer is neither's."""
        text = self.held.text
        self.held.take(len(text) - len(text.lstrip()))
        if self.held.text:
            self._read = None
        return False
