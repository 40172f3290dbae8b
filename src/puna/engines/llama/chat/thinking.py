"""Tells what a model thinks from what it answers."""

from puna.engines.llama.markup import ThinkingTags, overlap


class ThinkingSplitter:
    """Splits text that comes in pieces. `begun` says that the prompt has the start tag already."""

    def __init__(self, tags: ThinkingTags, *, begun: bool) -> None:
        self._tags = tags
        self._thinking = begun
        self._answering = False
        self._spoken = False
        self._rest = ""

    @property
    def answering(self) -> bool:
        """Whether everything from here on is the answer."""
        return self._answering and not self._thinking

    def feed(self, text: str) -> tuple[str, str]:
        """The thought and the answer in what came so far. What could still become a tag is kept back."""
        if self._answering:
            return "", self._answer(text)
        self._rest += text
        if not self._thinking and not self._opened():
            return "", self._rest_as_answer() if self._answering else ""
        before, tag, after = self._rest.partition(self._tags.end)
        if not tag:
            return self._thought(keep=overlap(self._tags.end, self._rest)), ""
        self._rest = ""
        self._answering = True
        thought = before.rstrip()
        return thought if self._spoken else thought.lstrip(), self._answer(after)

    def close(self) -> tuple[str, str]:
        """What was kept back, at the end of the text."""
        rest, self._rest = self._rest, ""
        return (rest, "") if self._thinking and not self._answering else ("", rest)

    def _opened(self) -> bool:
        """Whether the text begins with the start tag; if it can't any more, it is the answer."""
        begin = self._rest.lstrip()
        if begin.startswith(self._tags.start):
            self._rest = begin[len(self._tags.start) :].lstrip()
            self._thinking = True
        elif not self._tags.start.startswith(begin):
            self._answering = True
        return self._thinking

    def _rest_as_answer(self) -> str:
        rest, self._rest = self._rest, ""
        return rest

    def _thought(self, keep: int) -> str:
        # White space may turn out to be the thought's end.
        ready = self._rest[: len(self._rest) - keep].rstrip()
        self._rest = self._rest[len(ready) :]
        if not self._spoken:
            ready = ready.lstrip()
            self._spoken = bool(ready)
        return ready

    def _answer(self, text: str) -> str:
        if self._thinking:  # the white space between the end tag and the answer is neither's
            text = text.lstrip()
            self._thinking = not text
        return text
