"""The whole application. Its API, which is most of what there is to import, is made when it is first asked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING

import orjson

from puna.builds.build import program_of
from puna.core.errors import PunaError
from puna.engines.process.spawn import spare
from puna.http.inprocess import Message
from puna.settings import Settings

if TYPE_CHECKING:
    from puna.api.services import Services
    from puna.engines.plan import Planner
    from puna.server import Server

Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

CHATS = {"/v1/chat/completions", "/v1/responses", "/v1/messages", "/api/chat", "/api/generate"}
"""The paths whose requests are answered by an engine that generates."""
FIRST_ENGINE = "puna.engines.llama.runner"
"""The module whose process most programs will need first."""


class Application:
    """ASGI application. `services` are there before any API is."""

    def __init__(self, settings: Settings, engines: "Sequence[Planner] | None" = None) -> None:
        from puna.assembly import Assembly

        self._settings = settings
        self._assembly = Assembly.of(settings) if engines is None else Assembly.of(settings, engines)
        self._server: asyncio.Future[Server] | None = None

    @property
    def services(self) -> "Services":
        """What endpoints work with."""
        return self._assembly.services

    async def server(self) -> "Server":
        """The application with its API."""
        if self._server is None:
            self._server = asyncio.ensure_future(self._make())
        return await asyncio.shield(self._server)

    async def close(self) -> None:
        """End what is at work, and all engines."""
        await self._assembly.close()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if self._server is None and scope["path"] in CHATS:
            receive = await self._foreseen(receive)
        await (await self.server())(scope, receive, send)

    async def _make(self) -> "Server":
        server = await asyncio.to_thread(import_module, "puna.server")
        made: Server = server.application(self._settings, self._assembly)
        return made

    async def _foreseen(self, receive: Receive) -> Receive:
        """Load the model that a first request is for while what reads the request is imported."""
        first = await receive()
        with suppress(ValueError):
            body = orjson.loads(first.get("body", b""))
            if isinstance(body, dict) and isinstance(name := body.get("model"), str):
                self._loading = asyncio.ensure_future(self._load(name))
        messages = [first]

        async def again() -> Message:
            return messages.pop() if messages else await receive()

        return again

    async def _load(self, name: str) -> None:
        with suppress(PunaError):  # the request itself will say it
            await self.services.inference.load(name)


@asynccontextmanager
async def running(settings: Settings, engines: "Sequence[Planner] | None" = None) -> AsyncIterator[Application]:
    """The application from its start to its end. While it is imported the first engine's process starts."""
    async with AsyncExitStack() as stack:
        if program_of(settings) is None:
            await stack.enter_async_context(spare(FIRST_ENGINE))
        app = Application(settings, engines)
        stack.push_async_callback(app.close)
        yield app
