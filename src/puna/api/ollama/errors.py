"""Errors in Ollama's shape: `{"error": "…"}`."""

from starlette.requests import Request

from puna.api.dialect import Words
from puna.core.errors import PunaError


def render_error(_: PunaError, words: Words) -> dict[str, str]:
    """The error's object."""
    return {"error": words.message}


def claims(request: Request) -> bool:
    """Whether a request is for the native API: everything under /api."""
    path: str = request.scope["path"]
    return path == "/api" or path.startswith("/api/")


def unknown_path(request: Request) -> dict[str, str]:
    """What is said of a path that is not there."""
    path = request.url.path
    hint = f": here it is {path[twice:]}" if (twice := path.rfind("/api/")) > 0 else ""
    return {"error": f"there is no {request.method} {path}{hint}"}


def wrong_method(request: Request, allowed: str) -> dict[str, str]:
    """What is said of a path that is there with other methods."""
    return {"error": f"{request.url.path} does not allow {request.method} (allowed: {allowed})"}
