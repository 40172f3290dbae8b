"""A response as it is kept, apart from the database that keeps it: whoever makes one need not import that."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Item = dict[str, Any]
"""A message, a tool call, its output or a piece of reasoning, as a client gets it. Every item has an `id`."""

CANCELLING = "cancelling"
"""The status of a response that is being made, and that a client of another server wants no more. Clients see
`in_progress`."""
UNFINISHED = ("queued", "in_progress", CANCELLING)
"""The statuses of a response that is still being made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResponse:
    """A response as it is kept. `body` is the object a client gets; `events` is its stream, where it has one."""

    body: dict[str, Any]
    input: Sequence[Item] = ()
    events: bytes | None = None
    owner: str = ""

    @property
    def background(self) -> bool:
        """Whether it goes on without a client: it was stored before anything was done for it."""
        return bool(self.body.get("background"))

    @property
    def id(self) -> str:
        return str(self.body["id"])

    @property
    def unfinished(self) -> bool:
        return self.body["status"] in UNFINISHED
