"""Errors in OpenAI's shape: `{"error": {"message", "type", "param", "code"}}`."""

from typing import Any

from starlette.requests import Request

from puna.api.dialect import Words
from puna.core.errors import (
    Forbidden,
    InvalidRequest,
    ModelNotFound,
    NotFound,
    NotInstalled,
    Overloaded,
    PunaError,
    RateLimited,
    SchemaNotMet,
    ShuttingDown,
    Unauthorized,
)


def error_body(message: str, kind: str, *, param: str | None = None, code: str | None = None) -> dict[str, Any]:
    """The object an OpenAI client reads an error from."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def render_error(error: PunaError, words: Words) -> dict[str, Any]:
    """The error's object."""
    message, param = words
    match error:
        case InvalidRequest() | NotFound():
            return error_body(message, "invalid_request_error", param=param, code=error.code)
        case ModelNotFound():
            return error_body(message, "invalid_request_error", param="model", code="model_not_found")
        case Unauthorized():
            return error_body(message, "invalid_request_error", code=error.code)
        case NotInstalled():
            return error_body(message, "server_error", code="not_installed")
        case Forbidden():
            return error_body(message, "invalid_request_error", code="forbidden")
        case ShuttingDown():
            return error_body(message, "server_error", code="server_shutting_down")
        case SchemaNotMet():
            return error_body(message, "server_error", code="schema_not_met")
        case RateLimited():
            return error_body(message, error.kind, code="rate_limit_exceeded")
        case Overloaded():
            return error_body(message, "server_error", code="overloaded")
        case _:
            return error_body(message, "server_error")


ABSENT = {
    "audio": "speech and transcription are not supported",
    "batches": "batches are not supported",
    "files": "uploaded files are not supported",
    "fine_tuning": "fine-tuning is not supported",
    "images": "changing images is not supported; /v1/images/generations creates new ones",
    "moderations": "moderation is not supported",
    "realtime": "realtime sessions are not supported",
    "vector_stores": "vector stores are not supported",
    "videos": "video generation is not supported",
}
"""Parts of OpenAI's API that are not here, and why."""


PATHS = ("/chat/", "/completions", "/embeddings", "/images/", "/models", "/responses", "/conversations")
"""What clients ask for whose base URL lacks its end."""


def claims(request: Request) -> bool:
    """Whether a request is for OpenAI's API: everything under /v1, and what should be there."""
    path: str = request.scope["path"]
    return path == "/v1" or path.startswith(("/v1/", *PATHS))


def unknown_path(request: Request) -> dict[str, Any]:
    """What is said of a path that is not there."""
    path = request.url.path
    message = f"Invalid URL ({request.method} {path})"
    if path.startswith(PATHS):
        message += f": here it is /v1{path}. A client's base URL ends in /v1."
    part = request.url.path.removeprefix("/v1/").partition("/")[0]
    if part in ABSENT:
        message += f": {ABSENT[part]}."
    return error_body(message, "invalid_request_error")


def wrong_method(request: Request, allowed: str) -> dict[str, Any]:
    """What is said of a path that is there with other methods."""
    message = f"Not allowed to {request.method} on {request.url.path} (allowed: {allowed})."
    return error_body(message, "invalid_request_error")
