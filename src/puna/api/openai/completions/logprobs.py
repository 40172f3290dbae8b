"""Log probabilities in the form that came before chat's: four lists side by side."""

import codecs
from collections.abc import Iterable
from typing import TypedDict

from puna.api.logprobs import finite, token_text
from puna.core.completions import PromptToken
from puna.core.events import TokenLogprob


class LegacyLogprobs(TypedDict):
    """OpenAI's `logprobs` object of a completion's choice."""

    tokens: list[str]
    token_logprobs: list[float | None]
    top_logprobs: list[dict[str, float] | None]
    text_offset: list[int]


def render(tokens: Iterable[PromptToken | TokenLogprob], text: str, start: int) -> LegacyLogprobs:
    """The tokens of a text that begins `start` characters into prompt and answer."""
    tokens = list(tokens)
    return {
        "tokens": [token_text(token.data) for token in tokens],
        "token_logprobs": [None if token.logprob is None else finite(token.logprob) for token in tokens],
        "top_logprobs": [render_top(token) for token in tokens],
        "text_offset": [start + offset for offset in offsets([token.data for token in tokens], text)],
    }


def joined(pieces: Iterable[LegacyLogprobs]) -> LegacyLogprobs:
    """One after the other."""
    result: LegacyLogprobs = {"tokens": [], "token_logprobs": [], "top_logprobs": [], "text_offset": []}
    for piece in pieces:
        result["tokens"] += piece["tokens"]
        result["token_logprobs"] += piece["token_logprobs"]
        result["top_logprobs"] += piece["top_logprobs"]
        result["text_offset"] += piece["text_offset"]
    return result


def render_top(token: PromptToken | TokenLogprob) -> dict[str, float] | None:
    """The likeliest tokens, the likeliest first, and the token itself, which may be none of them."""
    if token.logprob is None:
        return None
    top: dict[str, float] = {}
    for other in (*token.top, token):
        assert other.logprob is not None
        top.setdefault(token_text(other.data), finite(other.logprob))
    return top


def offsets(tokens: list[bytes], text: str) -> list[int]:
    """Where in the text each token begins, in characters.

    A token that is not in the text, such as BOS, takes no room there. The space that SentencePiece puts before
    a text is in its first token only.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    result, place = [], 0
    for data in tokens:
        result.append(place)
        written = decoder.decode(data)
        if not text.startswith(written, place):
            written = written.removeprefix(" ")
        if text.startswith(written, place):
            place += len(written)
    return result
