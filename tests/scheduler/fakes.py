"""An engine that does nothing, for tests of who gets it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

from puna.core.capacity import Capacity
from puna.core.errors import EngineFailed, EngineLost
from puna.core.footprint import Footprint
from puna.engines.engine import Engine


@dataclass(frozen=True)
class FakeLaunch:
    name: str
    memory: int = 1
    slots: int | None = 2
    context_length: int = 100
    cache_tokens: int | None = 200
    replica: int = 0
    replicas: int = 1

    @property
    def footprint(self) -> Footprint:
        return Footprint({"ram": self.memory} if self.memory else {})

    @property
    def capacity(self) -> Capacity:
        return Capacity(slots=self.slots, context_length=self.context_length, tokens=self.cache_tokens)

    def alternatives(self) -> "list[FakeLaunch]":
        return [replace(self, replica=replica) for replica in range(self.replicas)]

    async def start(self) -> "FakeEngine":
        return await Factory.latest.start(self)


class FakeEngine(Engine):
    def __init__(self, launch: FakeLaunch) -> None:
        self.launch = launch
        self.closed = False
        self.measured = 0
        self._capacity = launch.capacity
        self._changed: Callable[[], None] = lambda: None
        self._end: asyncio.Future[EngineLost] = asyncio.get_running_loop().create_future()

    @property
    def alive(self) -> bool:
        return not self.closed

    @property
    def capacity(self) -> Capacity:
        return self._capacity

    def used_memory(self) -> int:
        self.measured += 1
        return 4096

    def on_capacity(self, changed: Callable[[], None]) -> None:
        self._changed = changed

    def become(self, capacity: Capacity) -> None:
        """Have another capacity from now on."""
        self._capacity = capacity
        self._changed()

    def crash(self, *, own_fault: bool = True) -> None:
        self._end.set_result(EngineLost("it crashed", own_fault=own_fault))

    async def ended(self) -> EngineLost:
        return await asyncio.shield(self._end)

    async def close(self) -> None:
        self.closed = True


class Factory:
    """Starts fake engines, and keeps account of them. Names in `broken` can't be loaded, those in `slow` wait for
    `go`."""

    latest: ClassVar["Factory"]

    def __init__(self) -> None:
        Factory.latest = self
        self.started: list[FakeEngine] = []
        self.broken: set[str] = set()
        self.slow: set[str] = set()
        self.go = asyncio.Event()

    async def start(self, launch: FakeLaunch) -> FakeEngine:
        if launch.name in self.slow:
            await self.go.wait()
        if launch.name in self.broken:
            raise EngineFailed(f"{launch.name} can't be loaded")
        engine = FakeEngine(launch)
        self.started.append(engine)
        return engine

    @property
    def loaded(self) -> list[str]:
        """The names of the engines that run, in alphabetical order."""
        return sorted(engine.launch.name for engine in self.started if not engine.closed)
