"""One engine in memory, and those who use it."""

import asyncio
import time
from typing import Generic, TypeVar

from puna.engines.engine import Engine
from puna.scheduler.claim import Launch, Share

L = TypeVar("L", bound=Launch)

TURN_SECONDS = 1.0
"""An engine may work at least that long before it has to make room for another,"""
TURN_LOADS = 5.0
"""and this many times as long as it took to load: so loading costs a sixth of the time at most."""


class Resident(Generic[L]):
    """An engine that is loading, in use, idle, or about to go."""

    def __init__(self, launch: L, model: str, loading: asyncio.Task[Engine]) -> None:
        self.launch = launch
        self.models = [model]
        self.loading = loading
        self.engine: Engine | None = None
        self.leases = 0
        self.sequences = launch.sequences  # free ones, as are the tokens
        self.tokens = launch.cache_tokens
        self.keep_alive = 0.0
        self.started = self.used = time.monotonic()
        self.turn_ends = float("inf")
        self.unloading: asyncio.TimerHandle | None = None
        self.watching: asyncio.Task[None] | None = None

    def ready(self, engine: Engine) -> None:
        """The engine serves from now on."""
        self.engine = engine
        now = self.used = time.monotonic()
        self.turn_ends = now + max(TURN_SECONDS, TURN_LOADS * (now - self.started))

    @property
    def idle(self) -> bool:
        return self.engine is not None and self.leases == 0

    @property
    def expires(self) -> float | None:
        """When it will be unloaded, in seconds of `time.time()`; None while it is in use or for ever."""
        if self.unloading is None:
            return None
        return time.time() + self.unloading.when() - asyncio.get_running_loop().time()

    def has(self, share: Share) -> bool:
        """Whether that much of the engine is free."""
        alive = self.engine is not None and self.engine.alive
        return alive and share.sequences <= self.sequences and share.tokens <= self.tokens

    def take(self, share: Share) -> None:
        """Give that much of the engine away."""
        self.cancel_unloading()
        self.leases += 1
        self.sequences -= share.sequences
        self.tokens -= share.tokens

    def give_back(self, sequences: int, tokens: int) -> None:
        """Have it again."""
        self.leases -= 1
        self.sequences += sequences
        self.tokens += tokens
        self.used = time.monotonic()

    def cancel_unloading(self) -> None:
        if self.unloading:
            self.unloading.cancel()
            self.unloading = None

    async def close(self) -> None:
        """End the engine, also one that is still loading."""
        self.cancel_unloading()
        for task in (self.watching, self.loading):
            if task and not task.done():
                task.cancel()
        [result] = await asyncio.gather(self.loading, return_exceptions=True)
        if not isinstance(result, BaseException):
            await result.close()
