"""A server for the page in this process, whose engine says what a test tells it to, and waits where it is told to."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import uvicorn

from puna.core.events import ChatEvent, Done, Finished, TextDelta, Usage
from puna.core.footprint import RAM, Footprint
from puna.core.requests import ChatRequest
from puna.engines.engine import Engine, Task
from puna.engines.launch import Launch
from puna.engines.model import EngineModel
from puna.engines.settings import EngineSettings
from puna.http.listener import listen
from puna.server import create_app
from tests.scripted import Script, ScriptedEngine, ScriptedLaunch, default_chat, raised, scripted_settings


class Stage(Script):
    """A script whose answers may stop in the middle until `go_on`."""

    def __init__(self) -> None:
        super().__init__()
        self._gate = threading.Event()

    def hold(self, *before: str, then: Sequence[str] = ()) -> None:
        """The next chat is answered with these pieces; the others come after `go_on`."""
        self._gate.clear()
        pieces = (*(TextDelta(0, piece) for piece in before), self._wait, *(TextDelta(0, piece) for piece in then))
        usage = Usage(12, len(before) + len(then))
        self.answer(*pieces, Finished(0, "stop"), Done(usage))  # type: ignore[arg-type]

    def go_on(self) -> None:
        """Let what waits go on."""
        self._gate.set()

    def _wait(self) -> None:
        self._gate.wait(60)

    def plan(self, model: EngineModel, task: Task, settings: EngineSettings) -> Launch:
        return StagedLaunch(self, model.digest, task)


@dataclass(frozen=True)
class StagedLaunch(ScriptedLaunch):
    @property
    def footprint(self) -> Footprint:
        return Footprint({RAM: 412_000_000})

    async def start(self) -> Engine:
        return StagedEngine(self.script)


class StagedEngine(ScriptedEngine):
    def used_memory(self) -> int | None:
        return 318_000_000

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        for step in self._script.take(request) or default_chat(request):
            if callable(step):
                await asyncio.to_thread(step)
            else:
                yield raised(step)  # type: ignore[misc]


@dataclass
class StagedServer:
    """The server: where it is, and what it says."""

    url: str
    stage: Stage
    home: Path

    def http(self, **headers: str) -> httpx2.Client:
        """A plain HTTP client."""
        return httpx2.Client(base_url=self.url, timeout=60, trust_env=False, verify=False, headers=headers)


@contextmanager
def staged_server(home: Path, **environment: str) -> Iterator[StagedServer]:
    """The application with that home and those variables, on a socket of this process."""
    stage = Stage()
    app = create_app(scripted_settings(home, **environment), engines=[stage.plan])
    with listen("127.0.0.1", 0) as listener:
        config = uvicorn.Config(app, log_level="warning", access_log=False, ws="none", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield StagedServer(f"http://127.0.0.1:{listener.getsockname()[1]}", stage, home)
        finally:
            stage.go_on()
            server.should_exit = True
            thread.join(60)
