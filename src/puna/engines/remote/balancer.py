"""Which of several servers gets a request.

What goes on from a conversation goes to the server that has the beginning of it in its cache: each conversation has
an order of its own in which it prefers the servers (rendezvous hashing), the same in every Puna that knows them, and
goes to the first of them that does not have much more to do than the others. Anything else goes to the least busy.
"""

import math
from collections.abc import Collection, Sequence
from hashlib import blake2b

from puna.core.messages import Text
from puna.core.requests import ChatRequest
from puna.engines.remote.upstream import Upstream

SLACK = 1.25
"""How many times its fair share of the work a server may have before a conversation goes elsewhere."""
PREFIX = 8192
"""How many characters of each message tell a conversation from others."""


class Balancer:
    """Chooses among the servers of one model."""

    def __init__(self, upstreams: Sequence[Upstream]) -> None:
        self._upstreams = upstreams
        self._turn = 0

    def choose(self, conversation: bytes | None, tried: Collection[Upstream] = ()) -> Upstream | None:
        """The server for a request, of those that were not tried; None where all were.

        One that failed gets nothing while another is sound, and gets it then if all of them failed.
        """
        left = [upstream for upstream in self._upstreams if upstream not in tried]
        if len(left) < 2:
            return left[0] if left else None
        sound = [upstream for upstream in left if upstream.sound] or [each for each in left if each.up]
        if not sound:
            return min(left, key=lambda upstream: upstream.back_at)
        return self._least_busy(sound) if conversation is None else self._home(sound, conversation)

    def _home(self, upstreams: Sequence[Upstream], conversation: bytes) -> Upstream:
        weights = sum(upstream.address.weight for upstream in upstreams)
        work = sum(upstream.active for upstream in upstreams) + 1
        for upstream in sorted(upstreams, key=lambda each: -preference(each, conversation)):
            if upstream.active < math.ceil(SLACK * work * upstream.address.weight / weights):
                return upstream
        return self._least_busy(upstreams)

    def _least_busy(self, upstreams: Sequence[Upstream]) -> Upstream:
        """Of several that have as little to do, each in its turn."""
        self._turn += 1
        turns = [upstreams[(self._turn + place) % len(upstreams)] for place in range(len(upstreams))]
        return min(turns, key=lambda upstream: (upstream.active + 1) / upstream.address.weight)


def preference(upstream: Upstream, conversation: bytes) -> float:
    """How much a conversation prefers a server. Of many conversations each server gets its weight's part."""
    address = upstream.address
    digest = blake2b(conversation, key=f"{address.url} {address.model}".encode()[:64], digest_size=8).digest()
    place = (int.from_bytes(digest) + 1) / (2**64 + 1)
    return -address.weight / math.log(place)


def beginning(request: ChatRequest) -> bytes:
    """What tells a conversation from others, and stays as it goes on: its messages up to the first of the user."""
    digest = blake2b(digest_size=16)
    for message in request.messages:
        for part in message.content:
            digest.update(
                part.text[:PREFIX].encode(errors="replace") if isinstance(part, Text) else part.data[:PREFIX]
            )
        digest.update(message.role.encode())
        if message.role == "user":
            break
    return digest.digest()
