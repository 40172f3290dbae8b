"""What OpenAI documents for a setting that is left out; filters that its API does not have are off."""

from puna.core.sampling import UNCHANGED, Sampling

CHAT = UNCHANGED
"""Of chat completions and responses."""

COMPLETION = Sampling(max_tokens=16).over(CHAT)
"""Of completions, which are short unless more is asked for."""
