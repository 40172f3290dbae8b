"""A model that runs here, and on another server when too many wait."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from puna.core.capacity import Capacity
from puna.core.events import Done, Event, Finished, TextDelta, Usage
from puna.core.footprint import Footprint
from puna.core.requests import ChatRequest
from puna.engines.engine import Chats, Engine, Task
from puna.engines.model import EngineModel
from puna.engines.remote.launch import plan_remote
from puna.engines.settings import EngineSettings
from tests.engines.remote.front import Front, front_server
from tests.engines.remote.stub import Stub

GATE = threading.Event()


class OneAtATime(Engine, Chats):
    """Answers when the gate is open."""

    capacity = Capacity(slots=1)

    async def chat(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        yield TextDelta(0, "here")
        await asyncio.to_thread(GATE.wait)
        yield Finished(0, "stop")
        yield Done(Usage(1, 1))

    async def count_prompt(self, request: ChatRequest) -> int:
        return 1


@dataclass(frozen=True)
class Launch:
    capacity = Capacity(slots=1)
    footprint = Footprint()

    def alternatives(self) -> Sequence["Launch"]:
        return (self,)

    async def start(self) -> Engine:
        return OneAtATime()


def plan_one(model: EngineModel, task: Task, settings: EngineSettings) -> Launch | None:
    return Launch()


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    GATE.clear()
    with front_server(tmp_path, (plan_remote, plan_one)) as server:
        yield server
        GATE.set()


@pytest.mark.parametrize(("overflow", "waiting"), [(0, 0), (1, 1)])
def test_what_would_wait_behind_too_many_goes_elsewhere(
    overflow: int, waiting: int, front: Front, stub: Stub
) -> None:
    stub.owned_by("somebody")
    stub.say("elsewhere")
    front.make("both", f"FROM tiny\nFROM {stub.url} m\nOVERFLOW {overflow}")
    said: list[str] = []

    def ask() -> None:
        with front.client() as client:
            answer = client.chat.completions.create(
                model="both", messages=[{"role": "user", "content": "hi"}], stream=True
            )
            said.extend(chunk.choices[0].delta.content or "" for chunk in answer)

    first = [threading.Thread(target=ask) for _ in range(1 + waiting)]
    with front.http() as http:
        for number, thread in enumerate(first):
            thread.start()
            while http.get("/metrics").text.find(f"puna_queue_length {float(number)}") < 0 or not said_by(http):
                pass
    ask()
    assert "elsewhere" in said
    GATE.set()
    for thread in first:
        thread.join()
    assert said.count("elsewhere") == 1


def said_by(http: object) -> bool:
    """Whether the engine here works."""
    rows = http.get("/api/ps").json()["models"]  # type: ignore[attr-defined]
    return bool(rows)
