"""What is in memory at one moment."""

from collections.abc import Callable
from dataclasses import dataclass

from puna.core.capacity import Capacity
from puna.core.footprint import Footprint


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """An engine as it is now. `models` are the names it was asked for by, `leases` is how many requests it works on.

    `expires` is in seconds of `time.time()`, None while it is in use or kept for ever; `keep_alive` is in seconds.
    `footprint` is what it may come to use. `resident` measures the bytes of memory that it has, for which it looks at
    every process of the machine: nothing for the event loop.
    """

    models: tuple[str, ...]
    capacity: Capacity
    footprint: Footprint
    loading: bool
    leases: int
    expires: float | None
    keep_alive: float
    resident: Callable[[], int | None]
