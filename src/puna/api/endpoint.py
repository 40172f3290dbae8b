"""Endpoints that are imported when they are first asked: most programs need few of them."""

import asyncio
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

Endpoint = Callable[[Request], Awaitable[Response | ASGIApp]]

_modules: set[str] = set()


def endpoint(place: str) -> Endpoint:
    """The function that answers requests: `module:function`."""
    find = finder(place)

    async def answer(request: Request) -> Response | ASGIApp:
        found: Response | ASGIApp = await (await find())(request)
        return found

    return answer


def websocket(place: str) -> Callable[[WebSocket], Awaitable[None]]:
    """The function that serves a WebSocket: `module:function`."""
    find = finder(place)

    async def serve(connection: WebSocket) -> None:
        await (await find())(connection)

    return serve


def finder(place: str) -> Callable[[], Awaitable[Any]]:
    """The way to an endpoint, which `import_all` imports as well."""
    _modules.add(place.partition(":")[0])
    return later(place)


def later(place: str) -> Callable[[], Awaitable[Any]]:
    """The way to a function, whose module is imported the first time. In a thread, as what it needs may take a good
    part of a second."""
    module, _, function = place.partition(":")
    found: Any = None

    async def find() -> Any:
        nonlocal found
        if found is None:
            found = getattr(await asyncio.to_thread(import_module, module), function)
        return found

    return find


def import_all() -> None:
    """Import all endpoints that there are. A server that many use does that before the first of them waits."""
    for module in _modules:
        import_module(module)
