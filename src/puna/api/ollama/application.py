"""Ollama's native API as an ASGI application of its own, mounted under /api."""

from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from puna import __version__
from puna.api.dialect import Dialect
from puna.api.ollama.errors import render_error, unknown_path, wrong_method
from puna.core.subjects import Subject
from puna.http.json import JSONResponse
from puna.library.library import Library

if TYPE_CHECKING:
    from puna.images.load import ImageLoader
    from puna.inference.inference import Inference

Endpoint = Callable[[Request], Awaitable[Response | ASGIApp]]


def name_of(about: Subject, body: object) -> str | None:
    """What a body calls the part that an error is about. Most commands never ask."""
    from puna.api.ollama.subjects import name_of

    return name_of(about, body)


DIALECT = Dialect(name_of, render_error, unknown_path, wrong_method)


def application(
    library: Library,
    inference: "Callable[[], Inference]",
    images: "Callable[[], ImageLoader]",
    *,
    limits: Mapping[str, int | None],
) -> Starlette:
    """The application, answering from that library. Inference and images are made when a request needs them."""
    routes = [
        Route("/version", version),
        Route("/tags", endpoint("tags", "index")),
        Route("/chat", endpoint("chat", "create"), methods=["POST"]),
        Route("/generate", endpoint("generate", "create"), methods=["POST"]),
        Route("/embed", endpoint("embeddings", "embed"), methods=["POST"]),
        Route("/embeddings", endpoint("embeddings", "embeddings"), methods=["POST"]),
        Route("/ps", endpoint("running", "index")),
        Route("/show", endpoint("models", "show"), methods=["POST"]),
        Route("/copy", endpoint("models", "copy"), methods=["POST"]),
        Route("/delete", endpoint("models", "delete"), methods=["DELETE"]),
        Route("/create", endpoint("creation", "create"), methods=["POST"]),
        Route("/pull", endpoint("transfers", "pull"), methods=["POST"]),
        Route("/push", endpoint("transfers", "push"), methods=["POST"]),
        Route("/blobs/{digest}", endpoint("blobs", "head"), methods=["HEAD"]),
        Route("/blobs/{digest}", endpoint("blobs", "create"), methods=["POST"]),
    ]
    app = DIALECT.application(routes, limits)
    app.state.library = library
    app.state.inference = inference
    app.state.images = images
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
