"""An engine that says one word, and the rest when the test opens its gate."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from puna.core.capacity import Capacity
from puna.core.events import Done, Event, Finished, TextDelta, Usage
from puna.core.footprint import Footprint
from puna.core.requests import ChatRequest
from puna.engines.engine import Chats, Engine, Task
from puna.engines.model import EngineModel
from puna.engines.settings import EngineSettings


@dataclass(frozen=True)
class Gate:
    """Where answers wait. Its engine answers so many requests at once, whatever the model."""

    slots: int = 8
    opened: threading.Event = field(default_factory=threading.Event, compare=False)

    def plan(self, model: EngineModel, task: Task, settings: EngineSettings) -> "GatedLaunch":
        """The launch of the engine."""
        return GatedLaunch(self)


@dataclass(frozen=True)
class GatedLaunch:
    """The engine behind a gate. It takes no memory."""

    gate: Gate
    footprint = Footprint()

    @property
    def capacity(self) -> Capacity:
        return Capacity(slots=self.gate.slots)

    def alternatives(self) -> "Sequence[GatedLaunch]":
        return (self,)

    async def start(self) -> Engine:
        return Gated(self.gate)


class Gated(Engine, Chats):
    """Answers with two words."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    @property
    def capacity(self) -> Capacity:
        return Capacity(slots=self._gate.slots)

    async def chat(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        yield TextDelta(0, "here")
        while not self._gate.opened.is_set():  # noqa: ASYNC110 the test is in another thread
            await asyncio.sleep(0.01)
        yield TextDelta(0, " too")
        yield Finished(0, "stop")
        yield Done(Usage(1, 2))

    async def count_prompt(self, request: ChatRequest) -> int:
        return 1
