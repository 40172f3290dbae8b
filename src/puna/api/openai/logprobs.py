"""Log probabilities as the chat API writes them."""

from collections.abc import Sequence
from typing import Any

from puna.core.events import TokenLogprob

LEAST = -9999.0
"""What OpenAI writes for a token that is all but impossible."""


def render_logprobs(logprobs: Sequence[TokenLogprob]) -> dict[str, Any]:
    """A choice's `logprobs`."""
    content = [
        {**render_token(token), "top_logprobs": [render_token(top) for top in token.top]} for token in logprobs
    ]
    return {"content": content, "refusal": None}


def render_token(token: TokenLogprob) -> dict[str, Any]:
    return {"token": token_text(token.data), "logprob": max(token.logprob, LEAST), "bytes": list(token.data)}


def token_text(data: bytes) -> str:
    """The token's text. Part of a character has none: OpenAI writes out its bytes."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return "bytes:" + "".join(f"\\x{byte:02x}" for byte in data)
