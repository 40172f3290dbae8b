"""What a grammar for llguidance lets through, found out byte by byte."""

from functools import lru_cache
from random import Random

import numpy as np
from llguidance import LLMatcher

from puna.engines.llama.grammar.compiled import END, TOKENIZER

CLOSING = b'"]}, \n'


class TooLong(Exception):
    """A text did not come to its end."""


@lru_cache(1)
def compiled(source: str) -> LLMatcher:
    found = LLMatcher(TOKENIZER, source, log_level=0)
    assert not found.is_error(), found.get_error()
    return found


def matcher(source: str) -> LLMatcher:
    """One that has read nothing yet."""
    return compiled(source).deep_copy()


def accepts(source: str, text: str | bytes) -> bool:
    """Whether the whole text may be written."""
    found, data = matcher(source), text.encode() if isinstance(text, str) else text
    return found.try_consume_tokens(list(data)) == len(data) and found.is_accepting()


def sample(source: str, random: Random, steps: int = 400) -> str:
    """A text of the grammar, by chance. It may end as soon as it can, and after half of the steps it tries to.

    Raises TooLong.
    """
    found, data = matcher(source), bytearray()
    for step in range(steps):
        allowed = bits(found.compute_bitmask())
        assert not found.is_error(), found.get_error()
        if END in allowed and (allowed == {END} or step > steps // 2 or random.random() < 0.3):
            return data.decode()
        options = sorted(allowed - {END}) or [END]
        closing = [byte for byte in options if byte in CLOSING]
        plain = [byte for byte in options if byte < 128]
        if step > steps // 2 and closing:
            options = closing
        elif plain and random.random() < 0.95:
            options = plain
        byte = random.choice(options)
        if byte == END:
            return data.decode()
        data.append(byte)
        assert found.consume_token(byte), found.get_error()
    raise TooLong


def bits(mask: bytes) -> set[int]:
    """The single bytes that may come next, and the end."""
    return set(np.flatnonzero(np.unpackbits(np.frombuffer(mask, np.uint8), bitorder="little")[: END + 1]).tolist())
