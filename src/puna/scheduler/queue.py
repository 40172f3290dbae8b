"""Those who wait, in a fair order."""

from bisect import insort
from collections import Counter
from collections.abc import Iterator

from puna.scheduler.lease import Ticket


class FairQueue:
    """Start-time fair queueing (SFQ) over clients: they take turns, however many requests each of them sends.

    Each ticket gets a start tag, its `turn`: the virtual clock when it came, or the finish tag of its client's last
    ticket, whichever is later. The finish tag is the start tag plus the slots that the ticket takes. The ticket with
    the smallest start tag is served first. So a client who floods the queue waits behind its own requests, and a
    client with a single request goes before what the others still have waiting.

    The virtual clock moves on with each ticket served, by its slots divided by the waiting clients and one more; so
    every turn comes.
    """

    def __init__(self) -> None:
        self._tickets: list[Ticket] = []
        self._waiting: Counter[str] = Counter()
        self._clock = 0.0
        self._ends: dict[str, float] = {}
        self._count = 0

    def __len__(self) -> int:
        return len(self._tickets)

    def __iter__(self) -> Iterator[Ticket]:
        """In order, as they wait now."""
        return iter(tuple(self._tickets))

    def add(self, ticket: Ticket, *, turn: tuple[float, int] | None = None) -> None:
        """Let a ticket wait in its turn, or in one that its request had before."""
        ticket.turn = turn or self._next_turn(ticket)
        self._waiting[ticket.client] += 1
        insort(self._tickets, ticket, key=lambda waiting: waiting.turn)

    def remove(self, ticket: Ticket) -> None:
        """Take a ticket out, if it is there."""
        if ticket not in self._tickets:
            return
        self._tickets.remove(ticket)
        self._waiting[ticket.client] -= 1
        if not self._waiting[ticket.client]:
            del self._waiting[ticket.client]

    def serve(self, ticket: Ticket) -> None:
        """Take a ticket out whose turn has come, and move the clock on to it."""
        self._clock = max(self._clock + ticket.share.slots / (len(self._waiting) + 1), ticket.turn[0])
        self.remove(ticket)
        if len(self._ends) > 2 * len(self._tickets) + 64:
            self._ends = {client: end for client, end in self._ends.items() if end > self._clock}

    def _next_turn(self, ticket: Ticket) -> tuple[float, int]:
        start = max(self._clock, self._ends.get(ticket.client, 0.0))
        self._ends[ticket.client] = start + ticket.share.slots
        self._count += 1
        return start, self._count
