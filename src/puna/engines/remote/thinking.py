"""Thinking that a server leaves in the text, between `<think>` and `</think>` at its beginning."""

from collections.abc import Iterator

from puna.core.events import ReasoningDelta, TextDelta, TokenLogprob

START, END = "<think>", "</think>"


class Thinking:
    """The text of one choice on its way. What may still become a tag waits for more to come."""

    def __init__(self, index: int) -> None:
        self._index = index
        self._held = ""
        self._logprobs: tuple[TokenLogprob, ...] = ()
        self._within: bool | None = None
        self.over = False

    def feed(self, text: str, logprobs: tuple[TokenLogprob, ...] = ()) -> Iterator[TextDelta | ReasoningDelta]:
        """What a piece of the text is."""
        if self.over:
            yield TextDelta(self._index, text, logprobs)
            return
        self._held += text
        self._logprobs += logprobs
        if self._within is None:
            begin = self._held.lstrip()
            if begin.startswith(START):
                self._within, self._held = True, begin[len(START) :].lstrip("\n")
            elif not START.startswith(begin):
                yield from self._answer(self._logprobs)
        if self._within:
            yield from self._thought()

    def close(self) -> Iterator[TextDelta | ReasoningDelta]:
        """What is held, at the end."""
        if self._held and not self.over:
            yield ReasoningDelta(self._index, self._held) if self._within else TextDelta(self._index, self._held)
        self._held, self.over = "", True

    def _thought(self) -> Iterator[TextDelta | ReasoningDelta]:
        thought, tag, rest = self._held.partition(END)
        if tag:
            if thought.rstrip():
                yield ReasoningDelta(self._index, thought.rstrip("\n"))
            self._held, self._within = rest.lstrip(), False
            if self._held:
                yield from self._answer(())
            return
        sure = len(thought) - beginning_of(END, thought)
        if sure:
            yield ReasoningDelta(self._index, thought[:sure])
            self._held = thought[sure:]

    def _answer(self, logprobs: tuple[TokenLogprob, ...]) -> Iterator[TextDelta]:
        text, self._held, self.over = self._held, "", True
        yield TextDelta(self._index, text, logprobs)


def beginning_of(tag: str, text: str) -> int:
    """How many characters at the end of a text may be the beginning of the tag."""
    return next((size for size in range(min(len(tag), len(text)), 0, -1) if tag.startswith(text[-size:])), 0)
