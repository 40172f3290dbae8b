"""What a request takes of an engine."""

from dataclasses import dataclass

from puna.core.capacity import Capacity


@dataclass(frozen=True, slots=True)
class Share:
    """A part of an engine: slots, and tokens of the KV cache that they share."""

    slots: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request wants of an engine for itself.

    `tokens` is the most it can come to use, prompts and completions together; None stands for the whole context of
    each slot.
    """

    slots: int = 1
    tokens: int | None = None

    def of(self, capacity: Capacity) -> Share:
        """The claim in numbers, never more than the whole engine."""
        slots = self.slots if capacity.slots is None else min(self.slots, capacity.slots)
        if capacity.tokens is None:
            return Share(slots, 0)
        context = capacity.context_length or capacity.tokens
        return Share(slots, min(slots * context if self.tokens is None else self.tokens, capacity.tokens))
