"""WordPiece, BERT's tokenizer (google-research/bert, tokenization.py), from the vocabulary of a GGUF file.

The package `tokenizers` has it too, but brings huggingface-hub and all that that needs.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from puna.formats.gguf import Metadata
from puna.formats.vocabulary import CONTROL, WORD_BOUNDARY

LONGEST_WORD = 100
"""Characters; a longer word is unknown, as in BERT's own code."""
CACHED_WORDS = 2**16
CASED = 100
"""A vocabulary with so many pieces with capitals was made for text that keeps its capitals."""
IDEOGRAPHS = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)
"""The characters that are words of their own."""


class WordPiece:
    """The tokens of texts, with those that stand at the beginning and the end of each."""

    def __init__(self, metadata: Metadata) -> None:
        pieces = metadata.array("tokenizer.ggml.tokens")
        kinds = metadata.array("tokenizer.ggml.token_type")
        special = metadata.special_tokens
        self._control = {piece: token for token, piece in enumerate(pieces) if kinds and kinds[token] == CONTROL}
        self._starts = {piece[1:]: token for token, piece in enumerate(pieces) if piece.startswith(WORD_BOUNDARY)}
        self._insides = {piece: token for token, piece in enumerate(pieces) if not piece.startswith(WORD_BOUNDARY)}
        self.size = len(pieces)
        self._first = special.get("cls", special.get("bos", 101))
        self._last = special.get("seperator", special.get("eos", 102))
        self._unknown = special.get("unknown", 100)
        cased = sum(piece != piece.lower() for piece in pieces if piece not in self._control) >= CASED
        self._cased = cased
        self._spacing = Spacing(cased=cased)
        named = (re.escape(piece) for piece in self._control if not piece.startswith("[unused"))
        self._apart = re.compile(f"({'|'.join(named)})" if self._control else r"(?!)")
        self._pieces_of = lru_cache(CACHED_WORDS)(self._pieces)

    def tokens(self, text: str, *, special: bool = True) -> list[int]:
        """A text's tokens. With `special` between the first and the last one, and what is written like a control
        token, `[SEP]`, is that token."""
        if not special:
            return list(self._plain(text))
        return [self._first, *self._with_control(text), self._last]

    def _with_control(self, text: str) -> Iterator[int]:
        if "[" not in text:
            yield from self._plain(text)
            return
        for part in self._apart.split(text):
            if part in self._control:
                yield self._control[part]
            else:
                yield from self._plain(part)

    def _plain(self, text: str) -> Iterator[int]:
        if not self._cased and not text.isascii():
            text = unicodedata.normalize("NFD", text)
        for word in text.translate(self._spacing).split():
            yield from self._pieces_of(word)

    def _pieces(self, word: str) -> tuple[int, ...]:
        """The longest pieces that fit, from the left; a word with a part that no piece fits is unknown."""
        if len(word) > LONGEST_WORD:
            return (self._unknown,)
        found: list[int] = []
        start = 0
        while start < len(word):
            known = self._insides if start else self._starts
            end = next((end for end in range(len(word), start, -1) if word[start:end] in known), None)
            if end is None:
                return (self._unknown,)
            found.append(known[word[start:end]])
            start = end
        return tuple(found)


class Spacing(dict[int, str]):
    """What a character becomes, for `str.translate`: lower case, a word of its own, a space or nothing."""

    def __init__(self, *, cased: bool) -> None:
        super().__init__()
        self._cased = cased

    def __missing__(self, code: int) -> str:
        self[code] = self._spaced(chr(code))
        return self[code]

    def _spaced(self, character: str) -> str:
        kind = unicodedata.category(character)
        if character.isspace():
            return " "
        if kind.startswith("C") or character == "\ufffd" or (kind == "Mn" and not self._cased):
            return ""
        symbol = character.isascii() and kind.startswith("S")
        if symbol or kind.startswith("P") or any(low <= ord(character) <= high for low, high in IDEOGRAPHS):
            return f" {character} "
        return character if self._cased else character.lower()
