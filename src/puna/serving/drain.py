"""A server that is shutting down: it finishes what runs and takes nothing new."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from puna.core.errors import PunaError, ShuttingDown
from puna.http.turns import around

Refuse = Callable[[Request, PunaError], Response]
"""Says no in the words of the request's dialect."""


class Drain:
    """ASGI middleware that counts the requests in progress, and refuses new ones once it is closed."""

    def __init__(self, app: ASGIApp, state: "DrainState", refuse: Refuse) -> None:
        self._app = app
        self._state = state
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            around(scope, lambda _: self._state.turn())
            await self._app(scope, receive, send)
        elif scope["type"] != "http":
            await self._app(scope, receive, send)
        elif self._state.closed:
            refusal = self._refuse(Request(scope), ShuttingDown())
            refusal.headers["connection"] = "close"
            await refusal(scope, receive, send)
        else:
            self._state.enter()
            try:
                await self._app(scope, receive, send)
            finally:
                self._state.leave()


class DrainState:
    """How many requests are in progress, and whether more may come."""

    def __init__(self) -> None:
        self.closed = False
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def enter(self) -> None:
        self._running += 1
        self._idle.clear()

    def leave(self) -> None:
        self._running -= 1
        if not self._running:
            self._idle.set()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A request of a WebSocket in progress. Raises ShuttingDown."""
        if self.closed:
            raise ShuttingDown
        self.enter()
        try:
            yield
        finally:
            self.leave()

    async def idle(self) -> None:
        """Return when no request is in progress."""
        await self._idle.wait()
