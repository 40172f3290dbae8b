"""What a setting is that neither a request of Anthropic's API nor the model gives."""

from puna.core.sampling import Sampling

DEFAULTS = Sampling(
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
"""Anthropic documents a temperature of 1; filters and penalties that its API does not have are off."""
