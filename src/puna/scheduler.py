"""Which models are in memory."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Coroutine, Hashable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from puna.core.errors import Overloaded
from puna.engines.engine import Engine

Launch = TypeVar("Launch", bound=Hashable)
"""Everything that shapes an engine. Equal launches share one engine."""


class Loaded:
    """One engine in memory, or on its way there. `leases` counts who uses it or waits for it."""

    def __init__(self, loading: asyncio.Task[Engine]) -> None:
        self.loading = loading
        self.leases = 0
        self.unloading: asyncio.TimerHandle | None = None

    @property
    def usable(self) -> bool:
        """Whether a new lease may be given: still loading, or loaded and alive."""
        if not self.loading.done():
            return True
        return not self.loading.cancelled() and not self.loading.exception() and self.loading.result().alive

    async def close(self) -> None:
        """End the engine, also one that is still loading."""
        if self.unloading:
            self.unloading.cancel()
        if not self.loading.done():
            self.loading.cancel()
        results = await asyncio.gather(self.loading, return_exceptions=True)
        for result in results:
            if not isinstance(result, BaseException):
                await result.close()


class Scheduler(Generic[Launch]):
    """Loads an engine when it is first leased and unloads it `keep_alive` seconds after the last lease."""

    def __init__(self, start: Callable[[Launch], Coroutine[None, None, Engine]], keep_alive: float) -> None:
        self._start = start
        self._keep_alive = keep_alive
        self._loaded: dict[Launch, Loaded] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._closed = False

    @asynccontextmanager
    async def lease(self, launch: Launch) -> AsyncIterator[Engine]:
        """The engine of that launch, loaded if need be, kept in memory while the context is open.

        Raises:
            EngineFailed: the model could not be loaded. Everyone who waited for this loading gets it.
            Overloaded: the server is shutting down.
        """
        if self._closed:
            raise Overloaded("the server is shutting down")
        loaded = self._loaded.get(launch)
        if loaded is None or not loaded.usable:
            loaded = self._load(launch)
        if loaded.unloading:
            loaded.unloading.cancel()
            loaded.unloading = None
        loaded.leases += 1
        try:
            # One who stops waiting must not end the loading that others wait for.
            yield await asyncio.shield(loaded.loading)
        finally:
            loaded.leases -= 1
            if loaded.leases == 0:
                self._retire(launch, loaded)

    async def close(self) -> None:
        """Unload everything; give no lease any more."""
        self._closed = True
        remaining = list(self._loaded.values())
        self._loaded.clear()
        await asyncio.gather(*(loaded.close() for loaded in remaining), *self._closing)

    def _load(self, launch: Launch) -> Loaded:
        if dead := self._loaded.pop(launch, None):
            self._close_later(dead)
        loaded = self._loaded[launch] = Loaded(asyncio.create_task(self._start(launch)))
        return loaded

    def _retire(self, launch: Launch, loaded: Loaded) -> None:
        """Unload after the keep-alive time; at once what has failed or was replaced meanwhile."""
        if not loaded.usable or self._loaded.get(launch) is not loaded:
            self._unload(launch, loaded)
        elif self._keep_alive < math.inf:
            loop = asyncio.get_running_loop()
            loaded.unloading = loop.call_later(self._keep_alive, self._unload, launch, loaded)

    def _unload(self, launch: Launch, loaded: Loaded) -> None:
        if self._loaded.get(launch) is loaded:
            del self._loaded[launch]
        self._close_later(loaded)

    def _close_later(self, loaded: Loaded) -> None:
        task = asyncio.create_task(loaded.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
