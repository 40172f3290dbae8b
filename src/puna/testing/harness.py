"""The server of a test run: in this process, and on a port for code that builds its own client."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from types import ModuleType
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp

from puna.api.dispatcher import Dispatcher
from puna.embedded.application import running
from puna.embedded.core import private, temporary_home
from puna.embedded.serving import listening
from puna.engines.plan import ENGINES
from puna.http.inprocess import InProcess
from puna.http.listener import listen
from puna.settings import Settings
from puna.testing.engine import plan_scripted
from puna.testing.recorder import Recorded, Recorder
from puna.testing.script import Script

if TYPE_CHECKING:
    import openai


@dataclass(frozen=True, slots=True)
class Harness:
    """The running server. `base_url` is what a client takes."""

    base_url: str
    core: InProcess
    recorder: Recorder
    script: Script

    @property
    def requests(self) -> list[Recorded]:
        """What was asked in this test, in order."""
        return self.recorder.requests

    def begin(self, *, model: str = "tiny", seed: int = 0) -> None:
        """The next test: nothing was asked yet."""
        self.recorder.reset()
        self.recorder.model, self.recorder.seed = model, seed

    def client(self) -> "openai.OpenAI":
        """A client in this process. It does not retry, so that a test sees each failure."""
        client: openai.OpenAI = clients().openai_client(lambda: self.core, max_retries=0)
        return client

    def async_client(self) -> "openai.AsyncOpenAI":
        """An asynchronous client in this process."""
        client: openai.AsyncOpenAI = clients().async_openai_client(lambda: self.core, max_retries=0)
        return client

    def http_client(self) -> Any:
        """An HTTP client in this process, for libraries that make their own `openai` client."""
        return clients().client_of(lambda: self.core)

    def async_http_client(self) -> Any:
        """An asynchronous HTTP client in this process."""
        return clients().async_client_of(lambda: self.core)


def clients() -> ModuleType:
    """The module that makes clients. Raises ImportError, which says what to install, without the `openai` package."""
    import puna

    assert puna.OpenAI is not None
    from puna.embedded import openai_client

    return openai_client


@contextmanager
def harness() -> Iterator[Harness]:
    """Start it. Models are Puna's usual ones; what is stored goes with the process."""
    settings = Settings.from_environment(os.environ)
    settings = replace(private(settings), home=temporary_home())
    script = Script()
    recorders: list[Recorder] = []

    @asynccontextmanager
    async def application() -> AsyncIterator[ASGIApp]:
        async with running(settings, (plan_scripted, *ENGINES)) as whole:
            app = await whole.server()
            dispatcher = app.router.default
            assert isinstance(dispatcher, Dispatcher)
            app.router.default = Recorder(dispatcher, app.services.library, script)
            recorders.append(app.router.default)
            yield app

    core = InProcess(application, "puna")
    core.start()
    with listen("127.0.0.1", 0) as listener, listening(core, listener):
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1/"
        yield Harness(base_url, core, recorders[0], script)
    core.stop()
