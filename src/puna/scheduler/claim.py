"""What a request takes of an engine, and what an engine has to give."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from puna.core.footprint import Footprint


class Launch(Hashable, Protocol):
    """Everything that shapes an engine. Equal launches share one engine."""

    @property
    def sequences(self) -> int:
        """How many sequences it works on at once."""

    @property
    def context_length(self) -> int:
        """The tokens one sequence may have."""

    @property
    def cache_tokens(self) -> int:
        """The tokens of all sequences together."""

    @property
    def footprint(self) -> Footprint:
        """The memory it is expected to take."""

    def alternatives(self) -> Sequence[Self]:
        """The launches of engines that do the same work, this one among them."""


@dataclass(frozen=True, slots=True)
class Share:
    """A part of an engine: sequences, and tokens of the KV cache that they share."""

    sequences: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request wants of an engine for itself.

    `tokens` is the most it can come to use, prompts and completions together; None stands for the whole context of
    each sequence.
    """

    sequences: int = 1
    tokens: int | None = None

    def of(self, launch: Launch) -> Share:
        """The claim in numbers, never more than the whole engine."""
        sequences = min(self.sequences, launch.sequences)
        most = min(sequences * launch.context_length, launch.cache_tokens)
        return Share(sequences, most if self.tokens is None else min(self.tokens, most))
