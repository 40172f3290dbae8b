"""A byte-level BPE tokenizer with generated merges: any size, valid, and made without a corpus."""

import random
from dataclasses import dataclass
from string import ascii_lowercase

from gguf import TokenType

SPECIAL_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
END_OF_TEXT, IM_START, IM_END = range(3)

# The letters of English as often as they occur there: makes merges that real prompts hit.
_LETTERS = "eeeeeeeeeeeettttttttaaaaaaaaooooooooiiiiiiinnnnnnnsssssshhhhhhrrrrrrddddllllcccuuummwwffggyyppbbvkjxqz"
_LONGEST_TOKEN = 10
_SPACE = "Ġ"
_SPACE_SHARE = 0.2


@dataclass(frozen=True)
class Tokenizer:
    tokens: list[str]
    types: list[TokenType]
    merges: list[str]

    def is_word(self, token: int) -> bool:
        """Whether the token is plain lower-case letters, perhaps after a space."""
        text = self.tokens[token].removeprefix(_SPACE)
        return bool(text) and all(letter in ascii_lowercase for letter in text)


def random_tokenizer(size: int, seed: int) -> Tokenizer:
    """A tokenizer of `size` tokens: the ChatML special ones, all 256 bytes, then merges of letters."""
    alphabet = _byte_alphabet()
    missing = size - len(SPECIAL_TOKENS) - len(alphabet)
    if missing < 0:
        raise ValueError(f"a byte-level vocabulary has at least {size - missing} tokens, not {size}")
    merges = _random_merges(missing, random.Random(seed))
    tokens = [*SPECIAL_TOKENS, *alphabet, *(left + right for left, right in merges)]
    types = [TokenType.CONTROL] * len(SPECIAL_TOKENS) + [TokenType.NORMAL] * (size - len(SPECIAL_TOKENS))
    return Tokenizer(tokens, types, [f"{left} {right}" for left, right in merges])


def _random_merges(count: int, generator: random.Random) -> list[tuple[str, str]]:
    """Pairs of earlier tokens whose joined text is new; a space can only begin a token."""
    words = list(_LETTERS)
    known = set(words)
    merges: list[tuple[str, str]] = []
    while len(merges) < count:
        left = _SPACE if generator.random() < _SPACE_SHARE else generator.choice(words)
        right = generator.choice(words)
        merged = left + right
        if merged in known or len(merged) > _LONGEST_TOKEN:
            continue
        known.add(merged)
        merges.append((left, right))
        if left != _SPACE:
            words.append(merged)
    return merges


def _byte_alphabet() -> list[str]:
    """The printable stand-in of each byte, in byte order, as GPT-2's tokenizer defines it."""
    runs = (("!", "~"), ("¡", "¬"), ("®", "ÿ"))
    printable = {code for first, last in runs for code in range(ord(first), ord(last) + 1)}
    replacements = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(replacements)) for byte in range(256)]
