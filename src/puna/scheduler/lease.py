"""The use of an engine, and the place in the queue before it."""

import asyncio
from typing import Generic, TypeVar

from puna.engines.engine import Engine
from puna.scheduler.claim import Launch, Share
from puna.scheduler.resident import Resident

L = TypeVar("L", bound=Launch)


class Lease(Generic[L]):
    """An engine, and the share of it that one request has while it runs."""

    def __init__(self, resident: Resident[L], engine: Engine, ticket: "Ticket[L]") -> None:
        self.engine = engine
        self.resident = resident
        self.ticket = ticket
        self.tokens = ticket.share.tokens
        resident.take(ticket.share)

    def grow(self, tokens: int) -> bool:
        """Take more tokens of the KV cache, if there are any left."""
        if tokens > self.resident.tokens:
            return False
        self.resident.tokens -= tokens
        self.tokens += tokens
        return True

    def end(self) -> None:
        """Give everything back."""
        self.resident.give_back(self.ticket.share.sequences, self.tokens)


class Ticket(Generic[L]):
    """One request's place in the queue. `turn` is where it stands: smaller comes first."""

    def __init__(self, launch: L, share: Share, model: str, client: str) -> None:
        self.launch = launch
        self.share = share
        self.model = model
        self.client = client
        self.turn: tuple[float, int] = (0.0, 0)
        self.granted: asyncio.Future[Lease[L]] = asyncio.get_running_loop().create_future()
