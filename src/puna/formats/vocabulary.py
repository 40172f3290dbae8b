"""A model's tokens: what bytes each stands for."""

from functools import lru_cache
from pathlib import Path

from puna.formats.gguf import Metadata

CONTROL, USER_DEFINED, BYTE = 3, 4, 6
"""Types of tokens, as `tokenizer.ggml.token_type` of a GGUF file counts them."""
WORD_BOUNDARY = "\N{LOWER ONE EIGHTH BLOCK}"
"""How SentencePiece writes a space."""


def byte_characters() -> dict[str, int]:
    """The printable characters with which GPT-2's byte-level BPE writes bytes (`bytes_to_unicode` of its encoder):
    a byte that is printable in Latin-1 is itself, the others are counted on from 256."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + place): byte for place, byte in enumerate(others)}


BYTE_CHARACTERS = byte_characters()


class Vocabulary:
    """The tokens of one GGUF file, by id."""

    def __init__(self, kind: str, texts: list[str], types: list[int], special: dict[str, int]) -> None:
        self._byte_level = kind == "gpt2"
        self._texts = texts
        self._types = types
        self.special = special

    @classmethod
    def of(cls, metadata: Metadata) -> "Vocabulary":
        return cls(
            str(metadata.get("tokenizer.ggml.model")),
            metadata.array("tokenizer.ggml.tokens"),
            metadata.array("tokenizer.ggml.token_type"),
            metadata.special_tokens,
        )

    def __len__(self) -> int:
        return len(self._texts)

    def data(self, token: int) -> bytes:
        """The token's bytes; a control token's are its name, `<|im_end|>`."""
        text = self._texts[token]
        kind = self._types[token] if self._types else 0
        if kind in (CONTROL, USER_DEFINED):
            return text.encode()
        if self._byte_level:
            return bytes(BYTE_CHARACTERS[character] for character in text if character in BYTE_CHARACTERS)
        if kind == BYTE:
            return bytes([int(text.removeprefix("<0x").removesuffix(">"), 16)])
        return text.replace(WORD_BOUNDARY, " ").encode()

    def is_text(self, token: int) -> bool:
        """Whether the token stands for whole characters: not for a part of one, nor for nothing but itself."""
        if self._types and self._types[token] == CONTROL:
            return False
        try:
            return bool(self.data(token).decode())
        except UnicodeDecodeError:
            return False

    def text(self, tokens: tuple[int, ...]) -> str:
        """What the tokens say, one after the other; bytes that are no character become U+FFFD."""
        return b"".join(map(self.data, tokens)).decode(errors="replace")

    def find(self, *texts: str) -> int | None:
        """The first token that is written like one of the texts."""
        wanted = set(texts)
        return next((token for token, text in enumerate(self._texts) if text in wanted), None)


@lru_cache(maxsize=4)
def vocabulary_of(weights: Path) -> Vocabulary:
    """The vocabulary of a model file. Reading 150,000 tokens takes a good part of a second."""
    return Vocabulary.of(Metadata.read(weights))
