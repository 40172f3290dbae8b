"""One engine in memory, and those who use it."""

import asyncio
import time

from puna.core.capacity import Capacity
from puna.engines.engine import Engine
from puna.engines.launch import Launch
from puna.scheduler.claim import Share

TURN_SECONDS = 1.0
"""The least time in seconds that an engine may work before it has to make room for another."""
TURN_LOADS = 5.0
"""An engine may work this many times as long as it took to load before it has to make room for another, so that
loading takes a sixth of the time at most."""


class Resident:
    """An engine that is loading, in use, idle, or about to go."""

    def __init__(self, launch: Launch, model: str, loading: asyncio.Task[Engine]) -> None:
        self.launch = launch
        self.models = [model]
        self.loading = loading
        self.engine: Engine | None = None
        self.leases = 0
        self.used_slots = self.used_tokens = 0
        self.pieces = 0  # of answers that have come from it
        self.keep_alive = 0.0
        self.stopping = False  # unloaded as soon as it is idle
        self.started = self.used = time.monotonic()
        self.turn_ends = float("inf")
        self.load_seconds = 0.0
        self.unloading: asyncio.TimerHandle | None = None
        self.watching: asyncio.Task[None] | None = None

    def ready(self, engine: Engine) -> None:
        """The engine serves from now on."""
        self.engine = engine
        now = self.used = time.monotonic()
        self.load_seconds = now - self.started
        self.turn_ends = now + max(TURN_SECONDS, TURN_LOADS * self.load_seconds)

    @property
    def idle(self) -> bool:
        return self.engine is not None and self.leases == 0

    @property
    def expires(self) -> float | None:
        """When it will be unloaded, in seconds of `time.time()`; None while it is in use or for ever."""
        if self.unloading is None:
            return None
        return time.time() + self.unloading.when() - asyncio.get_running_loop().time()

    @property
    def capacity(self) -> Capacity:
        """What the engine says it can do at once; until it is there, what its launch says."""
        return self.launch.capacity if self.engine is None else self.engine.capacity

    def used_memory(self) -> int | None:
        """How many bytes of the machine's memory its engine has now; None where nobody knows."""
        return None if self.engine is None else self.engine.used_memory()

    @property
    def takes_nothing(self) -> bool:
        """Whether it takes none of this machine's memory, so that nothing is won by unloading it."""
        return self.launch.footprint.takes_nothing

    def has(self, share: Share) -> bool:
        """Whether that much of the engine is free."""
        if self.engine is None or not self.engine.alive:
            return False
        slots, tokens = self.capacity.slots, self.capacity.tokens
        return (slots is None or self.used_slots + share.slots <= slots) and (
            tokens is None or self.used_tokens + share.tokens <= tokens
        )

    def take(self, share: Share) -> None:
        """Give that much of the engine away."""
        self.cancel_unloading()
        self.leases += 1
        self.used_slots += share.slots
        self.used_tokens += share.tokens

    def give_back(self, share: Share) -> None:
        """Have it again."""
        self.leases -= 1
        self.used_slots -= share.slots
        self.used_tokens -= share.tokens
        self.used = time.monotonic()

    def cancel_unloading(self) -> None:
        if self.unloading:
            self.unloading.cancel()
            self.unloading = None

    async def close(self, *, for_good: bool) -> None:
        """End the engine, also one that is still loading. Unless that is for good, another may follow."""
        self.cancel_unloading()
        for task in (self.watching, self.loading):
            if task and not task.done():
                task.cancel()
        [result] = await asyncio.gather(self.loading, return_exceptions=True)
        if not isinstance(result, BaseException):
            await (result.close() if for_good else result.unload())
