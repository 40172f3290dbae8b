"""Stop sequences, looked for in the answer's text alone.

The engine looks for them in everything it generates. Where a model thinks first that would end the answer before it
begins, so there Puna looks for them itself.
"""

from collections.abc import Iterator, Sequence

from puna.core.events import TextDelta, TokenLogprob
from puna.engines.llama.markup import overlap


class StopFinder:
    """Finds the first stop sequence in one choice's text, which comes in pieces."""

    def __init__(self, index: int, stops: Sequence[str]) -> None:
        self.found = False
        self._index = index
        self._stops = stops
        self._kept: list[TextDelta] = []

    def feed(self, piece: TextDelta) -> Iterator[TextDelta]:
        """What can be sent: pieces that are neither of a stop sequence nor of what could become one."""
        self._kept.append(piece)
        text = "".join(kept.text for kept in self._kept)
        places = [place for stop in self._stops if (place := text.find(stop)) >= 0]
        self.found = bool(places)
        ready = min(places) if places else len(text) - max(overlap(stop, text) for stop in self._stops)
        yield from self._release(ready)
        if self.found:
            self._kept.clear()

    def close(self) -> Iterator[TextDelta]:
        """What was kept back, at the end of the text."""
        kept, self._kept = self._kept, []
        yield from kept

    def _release(self, size: int) -> Iterator[TextDelta]:
        """The first `size` characters."""
        while self._kept and (length := len(self._kept[0].text)) <= size:
            size -= length
            yield self._kept.pop(0)
        if size:
            piece, rest = divided(self._kept[0], size)
            self._kept[0] = rest
            yield piece


def divided(piece: TextDelta, size: int) -> tuple[TextDelta, TextDelta]:
    """A piece in two, behind that many characters; a token belongs to the part it begins in."""
    begun, first = 0, list[TokenLogprob]()
    limit = len(piece.text[:size].encode())
    for token in piece.logprobs:
        if begun >= limit:
            break
        first.append(token)
        begun += len(token.data)
    return (
        TextDelta(piece.index, piece.text[:size], tuple(first)),
        TextDelta(piece.index, piece.text[size:], piece.logprobs[len(first) :]),
    )
