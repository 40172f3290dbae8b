"""What an encoder's process is started with."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from puna.core.capacity import Capacity

SLOTS = 32
"""How many requests may embed at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderArguments:
    """Everything that the process is told. `threads` None means as many as there are cores."""

    weights: Path
    context_length: int
    threads: int | None = None

    @property
    def name(self) -> str:
        """The file that is loaded."""
        return self.weights.name

    @property
    def capacity(self) -> Capacity:
        """Each text has a whole context."""
        return Capacity(slots=SLOTS, context_length=self.context_length)

    def to_json(self) -> dict[str, Any]:
        """The arguments as plain JSON, for the process."""
        return {"weights": str(self.weights), "context_length": self.context_length, "threads": self.threads}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "EncoderArguments":
        """The inverse of `to_json`."""
        return cls(**{**fields, "weights": Path(fields["weights"])})
