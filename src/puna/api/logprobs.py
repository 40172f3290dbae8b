"""Log probabilities as JSON, in one form for every dialect."""

from collections.abc import Sequence
from typing import Any

from puna.core.events import TokenLogprob

LEAST = -9999.0
"""What OpenAI writes for a token that is all but impossible: JSON has no infinity."""


def token_text(data: bytes) -> str:
    """A token's text. Part of a character has none: OpenAI writes out its bytes, as `bytes:\\xe2\\x80`."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return "bytes:" + "".join(f"\\x{byte:02x}" for byte in data)


def finite(logprob: float) -> float:
    """The logarithm, or LEAST where it is less."""
    return max(logprob, LEAST)


def render_token(token: TokenLogprob) -> dict[str, Any]:
    """A token, its bytes, and the logarithm of its probability."""
    return {"token": token_text(token.data), "logprob": finite(token.logprob), "bytes": list(token.data)}


def render_tokens(tokens: Sequence[TokenLogprob]) -> list[dict[str, Any]]:
    """Tokens, each with the likeliest ones in its place."""
    return [{**render_token(token), "top_logprobs": [render_token(top) for top in token.top]} for token in tokens]
