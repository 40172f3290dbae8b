"""Sampling settings in llama-server's words."""

from typing import Any

from puna.core.sampling import Sampling

RANDOM_SEED = 2**32 - 1
"""llama.cpp's seeds have 32 bits, and the largest means "another one each time" (`LLAMA_DEFAULT_SEED`)."""


def sampling_body(sampling: Sampling, context_length: int) -> dict[str, Any]:
    """The fields of a request's body. What is unset is left out."""
    window = sampling.repeat_last_n
    body = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "min_p": sampling.min_p,
        "typical_p": sampling.typical_p,
        "frequency_penalty": sampling.frequency_penalty,
        "presence_penalty": sampling.presence_penalty,
        "repeat_penalty": sampling.repeat_penalty,
        "repeat_last_n": context_length if window == -1 else window,
        "seed": None if sampling.seed is None else sampling.seed % RANDOM_SEED,
        # What is cached was computed in a batch of another shape, and differs in the last bits.
        "cache_prompt": None if sampling.seed is None else False,
        "stop": list(sampling.stop) if sampling.stop else None,
        "n_predict": sampling.max_tokens,
        "logit_bias": [list(bias) for bias in sampling.logit_bias] if sampling.logit_bias else None,
    }
    return {name: value for name, value in body.items() if value is not None}
