"""Paths as clients put them together: with a slash too many between two parts, or at the end."""

import re

from starlette.types import ASGIApp, Receive, Scope, Send

SLASHES = re.compile("/{2,}")


class PlainPaths:
    """ASGI middleware that reads `//v1/models/` as `/v1/models`. It comes before whatever judges by the path."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            scope = {**scope, "path": plain_path(scope["path"])}
        await self._app(scope, receive, send)


def plain_path(path: str) -> str:
    """The path without needless slashes."""
    return SLASHES.sub("/", path).rstrip("/") or "/"
