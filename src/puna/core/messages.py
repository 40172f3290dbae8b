"""What a conversation is made of."""

from dataclasses import dataclass
from typing import Literal

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a conversation. `name` tells apart participants of the same role."""

    role: Role
    content: str
    name: str | None = None
