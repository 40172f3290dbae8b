"""Log probabilities of given text, by one server."""

from typing import Any

from puna.core.completions import Prompt, PromptRead, PromptToken
from puna.engines.remote.completion import bytes_of, token_of
from puna.engines.remote.refusal import ServerFailed
from puna.engines.remote.sampling import unknown
from puna.engines.remote.upstream import Upstream


async def score(upstream: Upstream, index: int, prompt: Prompt, alternatives: int) -> PromptRead:
    """A prompt with its tokens. Raises as `Upstream.asked` does."""
    traits = await upstream.traits()
    if not traits.server.scores:
        raise unknown("echo", traits.server)
    body = {
        "model": upstream.address.model,
        "prompt": prompt if isinstance(prompt, str) else list(prompt),
        "max_tokens": 0,
        "echo": True,
        "logprobs": alternatives,
    }
    answer = await upstream.post("/completions", body)
    row: dict[str, Any] = next(iter(answer.get("choices") or ()), {})
    if not (logprobs := row.get("logprobs")):
        raise ServerFailed(f"{upstream.address.host} gave no log probabilities of the prompt.")
    tokens = tuple(prompt_tokens(logprobs))
    return PromptRead(index, row.get("text") or "", len(tokens), tokens)


def prompt_tokens(logprobs: dict[str, Any]) -> list[PromptToken]:
    """The tokens of OpenAI's older form, in which the first of a prompt has no log probability."""
    tops = logprobs.get("top_logprobs") or [None] * len(logprobs["tokens"])
    return [
        PromptToken(-1, bytes_of(text), logprob, tuple(token_of(*other) for other in (top or {}).items()))
        for text, logprob, top in zip(logprobs["tokens"], logprobs["token_logprobs"], tops, strict=True)
    ]
