"""What another server's chunks of a chat mean."""

import secrets
from collections.abc import Iterator
from typing import Any

from puna.core.events import (
    Event,
    Finished,
    FinishReason,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    TokenLogprob,
    ToolCallDelta,
)
from puna.core.json import write
from puna.engines.remote.thinking import Thinking
from puna.engines.remote.usage import Totals

REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
}
"""Whatever else a server says (`content_filter`, `abort`) is an end, too."""


class ChunkReader:
    """Reads one answer's chunks. `first` is the index of its first choice. Of several calls only the first is read
    where `several` are not wanted: not every server obeys that wish. `prefix` is the beginning of the answer that the
    server was sent: what of it comes back is left out. `each` says that usage is told for each choice."""

    def __init__(self, first: int = 0, *, several: bool = True, prefix: str = "", each: bool = False) -> None:
        self.totals = Totals(each=each)
        self.finished: set[int] = set()
        self._first = first
        self._several = several
        self._prefix = prefix
        self._choices: dict[int, Choice] = {}

    def read(self, chunk: dict[str, Any]) -> Iterator[Event]:
        """The events of a chunk."""
        for row in chunk.get("choices") or ():
            index = self._first + (row.get("index") or 0)
            choice = self._choices.get(index)
            if choice is None:
                choice = self._choices[index] = Choice(index, self._prefix, several=self._several)
            if delta := row.get("delta"):
                yield from choice.feed(delta, row.get("logprobs"))
            if (reason := row.get("finish_reason")) and index not in self.finished:
                self.finished.add(index)
                yield from choice.close(reason, row.get("stop_reason"))
        if usage := chunk.get("usage"):
            self.totals.tell(usage)

    @property
    def pieces(self) -> int:
        """How many pieces came, where nobody says how many tokens those were."""
        return sum(choice.pieces for choice in self._choices.values())


class Choice:
    """One choice as it grows."""

    def __init__(self, index: int, prefix: str = "", *, several: bool = True) -> None:
        self.pieces = 0
        self._index = index
        self._thinking = Thinking(index)
        self._prefix = prefix
        self._several = several
        self._calls = Calls(index)

    def feed(self, delta: dict[str, Any], logprobs: dict[str, Any] | None) -> Iterator[Event]:
        """What a piece has in it."""
        if thought := delta.get("reasoning_content") or delta.get("reasoning"):
            self.pieces += 1
            yield ReasoningDelta(self._index, thought)
        if text := delta.get("content"):
            self.pieces += 1
            tokens = read_logprobs(logprobs)
            if self._prefix:
                text = self._without_prefix(text)
            if self._thinking.over:
                yield TextDelta(self._index, text, tokens)
            elif text:
                yield from self._thinking.feed(text, tokens)
        if refusal := delta.get("refusal"):
            self.pieces += 1
            yield RefusalDelta(self._index, refusal)
        for call in delta.get("tool_calls") or ():
            self.pieces += 1
            event = self._calls.read(call)
            if self._several or event.call == 0:
                yield event

    def close(self, reason: str, sequence: Any = None) -> Iterator[Event]:
        """The end."""
        yield from self._thinking.close()
        found = REASONS.get(reason, "stop")
        if self._calls.any and found == "stop":
            found = "tool_calls"
        yield Finished(self._index, found, sequence if isinstance(sequence, str) else None)

    def _without_prefix(self, text: str) -> str:
        """What of a piece is new: some servers begin with the text that they go on from."""
        if text.startswith(self._prefix):
            text, self._prefix = text[len(self._prefix) :], ""
        elif self._prefix.startswith(text):
            self._prefix, text = self._prefix[len(text) :], ""
        else:
            self._prefix = ""
        return text


class Calls:
    """The calls of one choice. Most servers number them; some give each the number 0 and an id of its own."""

    def __init__(self, index: int) -> None:
        self._index = index
        self._last = -1
        self._ids: dict[int, str] = {}

    @property
    def any(self) -> bool:
        """Whether there were any."""
        return self._last >= 0

    def read(self, call: dict[str, Any]) -> ToolCallDelta:
        """A piece of a call."""
        function = call.get("function") or {}
        number, name, given = call.get("index"), function.get("name"), call.get("id")
        if number is None:
            number = self._last + 1 if name else max(0, self._last)
        elif name and given and self._ids.get(number, given) != given:
            number = self._last + 1
        begins = number > self._last
        self._last = max(self._last, number)
        arguments = function.get("arguments")
        arguments = (
            arguments if isinstance(arguments, str) else "" if arguments is None else write(arguments).decode()
        )
        if not begins:
            return ToolCallDelta(self._index, number, arguments)
        self._ids[number] = given or f"call_{secrets.token_hex(12)}"
        return ToolCallDelta(self._index, number, arguments, self._ids[number], name)


def read_logprobs(logprobs: dict[str, Any] | None) -> tuple[TokenLogprob, ...]:
    """The tokens of a piece with their log probabilities."""
    return tuple(map(read_token, (logprobs or {}).get("content") or ()))


def read_token(token: dict[str, Any]) -> TokenLogprob:
    text, data = token["token"], token.get("bytes")
    top = tuple(map(read_token, token.get("top_logprobs") or ()))
    return TokenLogprob(-1, text, text.encode() if data is None else bytes(data), token["logprob"], top)
