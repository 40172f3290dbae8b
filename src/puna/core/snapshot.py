"""What is in memory at one moment."""

from collections.abc import Callable
from dataclasses import dataclass

from puna.core.capacity import Capacity
from puna.core.footprint import Footprint


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerState:
    """A server that an engine asks, as it is now: how many requests it has, how many it has had and how many of those
    failed, and why the last one did, where it has not answered since."""

    url: str
    kind: str | None
    up: bool
    active: int
    requests: int
    failures: int
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """An engine as it is now. `models` are the names it was asked for by, `leases` is how many requests it works on.

    `expires` is in seconds of `time.time()`, None while it is in use or kept for ever; `keep_alive` is in seconds.
    `footprint` is what it may come to use. `resident` measures the bytes of memory that it has, for which it looks at
    every process of the machine: nothing for the event loop. `sequences` is how many it generates side by side now,
    `waiting` how many requests wait for it, and `pieces` how many pieces of answers, about a token each, have come
    from it so far. `servers` are those that it asks, where it does the work elsewhere.
    """

    models: tuple[str, ...]
    capacity: Capacity
    footprint: Footprint
    loading: bool
    leases: int
    expires: float | None
    keep_alive: float
    resident: Callable[[], int | None]
    sequences: int = 0
    waiting: int = 0
    pieces: int = 0
    servers: tuple[ServerState, ...] = ()
