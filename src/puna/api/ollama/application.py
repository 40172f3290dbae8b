"""Ollama's native API as an ASGI application of its own, mounted under /api."""

from collections.abc import Awaitable, Callable
from importlib import import_module

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from puna import __version__
from puna.api.exchange import ClientGone
from puna.api.json import JSONResponse
from puna.api.ollama.errors import error_response, unknown_path, wrong_method
from puna.core.errors import PunaError
from puna.library.library import Library

Endpoint = Callable[[Request], Awaitable[Response | ASGIApp]]


def application(library: Library) -> Starlette:
    """The application, answering from that library."""
    routes = [
        Route("/version", version),
        Route("/tags", endpoint("tags", "index")),
        Route("/show", endpoint("models", "show"), methods=["POST"]),
        Route("/copy", endpoint("models", "copy"), methods=["POST"]),
        Route("/delete", endpoint("models", "delete"), methods=["DELETE"]),
        Route("/create", endpoint("creation", "create"), methods=["POST"]),
        Route("/pull", endpoint("transfers", "pull"), methods=["POST"]),
        Route("/push", endpoint("transfers", "push"), methods=["POST"]),
        Route("/blobs/{digest}", endpoint("blobs", "head"), methods=["HEAD"]),
        Route("/blobs/{digest}", endpoint("blobs", "create"), methods=["POST"]),
    ]
    app = Starlette(
        routes=routes,
        exception_handlers={
            HTTPException: not_routed,
            PunaError: refused,
            ClientGone: gone,
            Exception: broken,
        },
    )
    app.router.redirect_slashes = False
    app.state.library = library
    return app


def endpoint(module: str, function: str) -> Endpoint:
    """A function of this package, imported when it is first asked: commands that need few of them start quickly."""

    async def answer(request: Request) -> Response | ASGIApp:
        found: Endpoint = getattr(import_module(f"puna.api.ollama.{module}"), function)
        return await found(request)

    return answer


async def version(_: Request) -> Response:
    """The version of this server."""
    return JSONResponse({"version": __version__})


async def not_routed(request: Request, error: Exception) -> Response:
    """Starlette's own refusals: no such path, or not with this method."""
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        return wrong_method(request, (error.headers or {}).get("Allow", ""))
    return unknown_path(request)


async def refused(_: Request, error: Exception) -> Response:
    """What Puna says in place of an answer."""
    assert isinstance(error, PunaError)
    return error_response(error)


async def gone(_: Request, __: Exception) -> Response:
    """Nobody is there to read it; the log shows nginx's status for a client that left."""
    return Response(status_code=499)


async def broken(_: Request, error: Exception) -> Response:
    """A defect of Puna's. The traceback goes to the log."""
    return error_response(PunaError(f"internal error: {type(error).__name__}"))
