"""Errors in Anthropic's shape: `{"type": "error", "error": {"type", "message"}}`."""

from typing import Any

from starlette.requests import Request

from puna.api.dialect import Words, usual_status
from puna.core.errors import (
    ContextLengthExceeded,
    Forbidden,
    InvalidRequest,
    ModelNotFound,
    NotFound,
    Overloaded,
    PunaError,
    RateLimited,
    Unauthorized,
)

OVERLOADED = 529
"""The status that Anthropic's clients know an overloaded server by."""

PATHS = ("/v1/messages", "/messages", "/v1/v1/")
"""What only clients of this dialect ask for: its own path, and what a wrong base URL makes of it."""

ABSENT = {
    "messages/batches": "batches are not supported",
    "complete": "the Text Completions API is not supported; use the Messages API",
    "files": "uploaded files are not supported",
    "skills": "skills are not supported",
    "agents": "managed agents are not supported",
    "sessions": "managed agents are not supported",
    "organizations": "the Admin API is not supported",
}
"""Parts of Anthropic's API that are not here, and why."""


DETAILED = frozenset({"thread_unsupported_request"})
"""The codes that Anthropic has, too. Its clients act on them."""


def error_body(message: str, kind: str, code: str | None = None) -> dict[str, Any]:
    """The object that Anthropic's clients read an error from."""
    details = {"details": {"error_code": code}} if code in DETAILED else {}
    return {"type": "error", "error": {"type": kind, "message": message, **details}}


def render_error(error: PunaError, words: Words) -> dict[str, Any]:
    """The error's object. There is no field for what it is about: the sentence names that. Clients know a prompt that
    is too long by Anthropic's words for it, and read the two numbers."""
    message, param = words
    if isinstance(error, ContextLengthExceeded):
        tokens = f"at least {error.prompt_tokens}" if error.at_least else str(error.prompt_tokens)
        message = f"prompt is too long: {tokens} tokens > {error.context_length} maximum. {message}"
    elif param and param not in message:
        message = f"{param}: {message}"
    return error_body(message, kind_of(error), getattr(error, "code", None))


def kind_of(error: PunaError) -> str:
    """Anthropic's word for the error."""
    match error:
        case InvalidRequest():
            return "invalid_request_error"
        case ModelNotFound() | NotFound():
            return "not_found_error"
        case Unauthorized():
            return "authentication_error"
        case Forbidden():
            return "permission_error"
        case RateLimited():
            return "rate_limit_error"
        case Overloaded():
            return "overloaded_error"
        case _:
            return "api_error"


def status(error: PunaError) -> int:
    """The HTTP status of an error."""
    if isinstance(error, Overloaded) and not isinstance(error, RateLimited):
        return OVERLOADED
    return usual_status(error)


def claims(request: Request) -> bool:
    """Whether a request is in this dialect: by its path, or by the header that says which version of it."""
    path: str = request.scope["path"]
    return path.startswith(PATHS) or ("anthropic-version" in request.headers and path.startswith("/v1/"))


def unknown_path(request: Request) -> dict[str, Any]:
    """What is said of a path that is not there."""
    path = request.url.path
    message = f"There is no {request.method} {path}"
    if not path.startswith("/v1/"):
        message += f": here it is /v1{path}"
    elif path.startswith("/v1/v1/"):
        message += ": the base URL of Anthropic's clients does not end in /v1"
    for part, reason in ABSENT.items():
        if path.startswith(f"/v1/{part}"):
            message += f": {reason}"
    return error_body(f"{message}.", "not_found_error")


def wrong_method(request: Request, allowed: str) -> dict[str, Any]:
    """What is said of a path that is there with other methods."""
    message = f"Not allowed to {request.method} on {request.url.path} (allowed: {allowed})."
    return error_body(message, "invalid_request_error")
