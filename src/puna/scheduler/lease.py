"""The use of an engine, and the place in the queue before it."""

import asyncio

from puna.engines.engine import Engine
from puna.engines.launch import Launch
from puna.scheduler.claim import Claim, Share
from puna.scheduler.resident import Resident


class Lease:
    """An engine, and the share of it that one request has while it runs. The request `waited` so many seconds for it,
    loading included."""

    def __init__(self, resident: Resident, engine: Engine, ticket: "Ticket") -> None:
        self.engine = engine
        self.resident = resident
        self.ticket = ticket
        self.tokens = ticket.share.tokens
        self.waited = 0.0
        resident.take(ticket.share)

    def grow(self, tokens: int) -> bool:
        """Take more tokens of the KV cache, if there are any left."""
        more = Share(0, tokens)
        if not self.resident.has(more):
            return False
        self.resident.used_tokens += tokens
        self.tokens += tokens
        return True

    def end(self) -> None:
        """Give everything back."""
        self.resident.give_back(Share(self.ticket.share.slots, self.tokens))


class Ticket:
    """One request's place in the queue. `turn` is where it stands: smaller comes first. `share` is what its claim
    comes to with the engine as it is."""

    def __init__(self, launch: Launch, claim: Claim, model: str, client: str) -> None:
        self.launch = launch
        self.claim = claim
        self.share = claim.of(launch.capacity)
        self.model = model
        self.client = client
        self.turn: tuple[float, int] = (0.0, 0)
        self.granted: asyncio.Future[Lease] = asyncio.get_running_loop().create_future()
