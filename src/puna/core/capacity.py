"""How much an engine can do at once."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """`slots` is how many sequences an engine works on at once, None where it takes as many as come.
    `context_length` is how many tokens a prompt and its completion may have together, None where only the engine
    itself knows. `tokens` is how many tokens of a KV cache all slots share, None where each slot has a whole context,
    so that there is nothing to count."""

    slots: int | None = None
    context_length: int | None = None
    tokens: int | None = None
