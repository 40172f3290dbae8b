"""Errors in Ollama's shape: `{"error": "…"}`."""

from starlette.requests import Request
from starlette.responses import Response

from puna.api.json import JSONResponse
from puna.core.errors import InvalidRequest, ModelNotFound, Overloaded, PunaError
from puna.library.errors import WrongDigest


def render_error(error: PunaError) -> dict[str, str]:
    """The error's object."""
    return {"error": error.message}


def error_response(error: PunaError) -> Response:
    """The error as a whole HTTP response."""
    match error:
        case InvalidRequest() | WrongDigest():
            return JSONResponse(render_error(error), 400)
        case ModelNotFound():
            return JSONResponse(render_error(error), 404)
        case Overloaded():
            return JSONResponse(render_error(error), 503, {"Retry-After": str(error.retry_after)})
        case _:
            return JSONResponse(render_error(error), 500)


def unknown_path(request: Request) -> Response:
    """404 for a path that is not there."""
    return JSONResponse({"error": f"there is no {request.method} {request.url.path}"}, 404)


def wrong_method(request: Request, allowed: str) -> Response:
    """405 for a path that is there with other methods."""
    message = f"{request.url.path} can't be asked with {request.method} (allowed: {allowed})"
    return JSONResponse({"error": message}, 405, {"Allow": allowed})
