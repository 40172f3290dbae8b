"""Those who wait, in a fair order."""

from bisect import insort
from collections import Counter
from collections.abc import Iterator
from typing import Generic, TypeVar

from puna.scheduler.claim import Launch
from puna.scheduler.lease import Ticket

L = TypeVar("L", bound=Launch)


class FairQueue(Generic[L]):
    """Start-time fair queueing: clients take turns, however many requests each of them sends.

    A clock counts the sequences that each waiting client, and one more, would have got of those granted. A ticket's
    turn is the clock when it came, or where its client's last ticket ends, if that is later: so one who floods the
    queue stands behind himself, and one who comes with a single request stands before what the others still want.
    The clock never stands still while anyone is served, so every turn comes.
    """

    def __init__(self) -> None:
        self._tickets: list[Ticket[L]] = []
        self._waiting: Counter[str] = Counter()
        self._clock = 0.0
        self._ends: dict[str, float] = {}
        self._count = 0

    def __len__(self) -> int:
        return len(self._tickets)

    def __iter__(self) -> Iterator[Ticket[L]]:
        """In order, as they wait now."""
        return iter(tuple(self._tickets))

    def add(self, ticket: Ticket[L], *, turn: tuple[float, int] | None = None) -> None:
        """Let a ticket wait in its turn, or in one that its request had before."""
        ticket.turn = turn or self._next_turn(ticket)
        self._waiting[ticket.client] += 1
        insort(self._tickets, ticket, key=lambda waiting: waiting.turn)

    def remove(self, ticket: Ticket[L]) -> None:
        """Take a ticket out, if it is there."""
        if ticket not in self._tickets:
            return
        self._tickets.remove(ticket)
        self._waiting[ticket.client] -= 1
        if not self._waiting[ticket.client]:
            del self._waiting[ticket.client]

    def serve(self, ticket: Ticket[L]) -> None:
        """Take a ticket out whose turn has come, and move the clock on to it."""
        self._clock = max(self._clock + ticket.share.sequences / (len(self._waiting) + 1), ticket.turn[0])
        self.remove(ticket)
        if len(self._ends) > 2 * len(self._tickets) + 64:
            self._ends = {client: end for client, end in self._ends.items() if end > self._clock}

    def _next_turn(self, ticket: Ticket[L]) -> tuple[float, int]:
        start = max(self._clock, self._ends.get(ticket.client, 0.0))
        self._ends[ticket.client] = start + ticket.share.sequences
        self._count += 1
        return start, self._count
