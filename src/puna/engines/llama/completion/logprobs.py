"""Log probabilities as llama-server writes them."""

from collections.abc import Iterable
from typing import Any

from puna.core.events import TokenLogprob


def read_logprobs(tokens: Iterable[dict[str, Any]], top: int) -> tuple[TokenLogprob, ...]:
    """The generated tokens, each with the `top` likeliest in its place."""
    return tuple(
        TokenLogprob(
            token["id"],
            token["token"],
            bytes(token["bytes"]),
            token["logprob"],
            tuple(read_token(candidate) for candidate in token["top_logprobs"][:top]),
        )
        for token in tokens
    )


def read_token(token: dict[str, Any]) -> TokenLogprob:
    return TokenLogprob(token["id"], token["token"], bytes(token["bytes"]), token["logprob"])
