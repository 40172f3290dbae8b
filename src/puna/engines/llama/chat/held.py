"""Text that waits until it is known what it is."""

from collections import deque

from puna.core.events import TextDelta, TokenLogprob


class Held:
    """Pieces of one choice's text, from the first character that waits, with their tokens."""

    def __init__(self, index: int) -> None:
        self.text = ""
        self._index = index
        self._tokens: deque[TokenLogprob] = deque()
        self._ahead = 0
        """How many bytes of the text are of tokens that went with what was taken before."""

    def __bool__(self) -> bool:
        return bool(self.text or self._tokens)

    def add(self, piece: TextDelta) -> None:
        self.text += piece.text
        self._tokens += piece.logprobs

    def take(self, size: int) -> TextDelta:
        """The first `size` characters, with the tokens that begin in them."""
        text, self.text = self.text[:size], self.text[size:]
        return TextDelta(self._index, text, self._tokens_of(text) if self._tokens or self._ahead else ())

    def _tokens_of(self, text: str) -> tuple[TokenLogprob, ...]:
        tokens: list[TokenLogprob] = []
        begun, limit = self._ahead, len(text.encode())
        # A text's last tokens may be of no text: of characters that were cut off.
        while self._tokens and (begun < limit or not self.text):
            tokens.append(self._tokens.popleft())
            begun += len(tokens[-1].data)
        self._ahead = max(0, begun - limit) if self.text else 0
        return tuple(tokens)
