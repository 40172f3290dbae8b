"""An engine that does nothing, for tests of who gets it."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace

from puna.core.completions import CompletionEvent, CompletionRequest, PromptRead, ScoreRequest
from puna.core.embeddings import Embedded, EmbeddingRequest
from puna.core.errors import EngineFailed, EngineLost
from puna.core.events import Event
from puna.core.footprint import Footprint
from puna.core.requests import ChatRequest


@dataclass(frozen=True)
class FakeLaunch:
    name: str
    memory: int = 1
    sequences: int = 2
    context_length: int = 100
    cache_tokens: int = 200
    replica: int = 0
    replicas: int = 1

    @property
    def footprint(self) -> Footprint:
        return Footprint(ram=self.memory)

    def alternatives(self) -> "list[FakeLaunch]":
        return [replace(self, replica=replica) for replica in range(self.replicas)]


class FakeEngine:
    def __init__(self, launch: FakeLaunch) -> None:
        self.launch = launch
        self.context_length = launch.context_length
        self.closed = False
        self._end: asyncio.Future[EngineLost] = asyncio.get_running_loop().create_future()

    @property
    def alive(self) -> bool:
        return not self.closed

    def crash(self, *, own_fault: bool = True) -> None:
        self._end.set_result(EngineLost("it crashed", own_fault=own_fault))

    async def ended(self) -> EngineLost:
        return await asyncio.shield(self._end)

    def chat(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        raise NotImplementedError

    def complete(self, request: CompletionRequest) -> AsyncGenerator[CompletionEvent, None]:
        raise NotImplementedError

    def score(self, request: ScoreRequest) -> AsyncGenerator[PromptRead, None]:
        raise NotImplementedError

    def embed(self, request: EmbeddingRequest) -> AsyncGenerator[Embedded, None]:
        raise NotImplementedError

    async def count_prompt(self, request: ChatRequest) -> int:
        raise NotImplementedError

    async def close(self) -> None:
        self.closed = True


class Factory:
    """Starts fake engines, and keeps account of them. Names in `broken` can't be loaded, those in `slow` wait for
    `go`."""

    def __init__(self) -> None:
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
