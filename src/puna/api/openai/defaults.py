"""What OpenAI documents for a setting that is left out; filters that its API does not have are off."""

from puna.core.sampling import Sampling

CHAT = Sampling(
    temperature=1.0,
    top_p=1.0,
    top_k=0,
    min_p=0.0,
    typical_p=1.0,
    frequency_penalty=0.0,
    presence_penalty=0.0,
    repeat_penalty=1.0,
    repeat_last_n=-1,
    stop=(),
)
"""Of chat completions and responses."""

COMPLETION = Sampling(max_tokens=16).over(CHAT)
"""Of completions, which are short unless more is asked for."""
