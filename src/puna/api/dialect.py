"""What a dialect of the API is: its routes, what it claims, and its own words for what goes wrong."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route

from puna.api.advice import with_advice
from puna.api.services import Services
from puna.core.errors import (
    ContextLengthExceeded,
    Forbidden,
    InvalidRequest,
    ModelNotFound,
    NotFound,
    NotInstalled,
    Overloaded,
    PeerFailed,
    PunaError,
    RateLimited,
    RequestTooLarge,
    SchemaNotMet,
    StorageFailed,
    TextTooLarge,
    Unauthorized,
)
from puna.core.subjects import AnswerSchema, InputAt, PromptAt, Subject, ToolSchema
from puna.http.body import body_of
from puna.http.exchange import ClientGone, gone
from puna.http.json import JSONResponse
from puna.http.limits import Limits

Object = Mapping[str, object]
"""What a JSON object is made from."""


class Words(NamedTuple):
    """How an error is told: a sentence, and the name of the field that it is about, if it is about one."""

    message: str
    param: str | None = None


def bearer(headers: Headers) -> str:
    """The API key of an `Authorization: Bearer` header; nothing where there is none."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def usual_status(error: PunaError) -> int:
    """The HTTP status of an error in most dialects."""
    match error:
        case Unauthorized():
            return 401
        case Forbidden():
            return 403
        case RequestTooLarge() | TextTooLarge():
            return 413
        case InvalidRequest():
            return 400
        case ModelNotFound() | NotFound():
            return 404
        case SchemaNotMet():
            return 422
        case RateLimited():
            return 429
        case NotInstalled():
            return 501
        case PeerFailed():
            return 502
        case StorageFailed(full=True):
            return 507
        case Overloaded() | StorageFailed(away=True):
            return 503
        case _:
            return 500


@dataclass(frozen=True, eq=False, kw_only=True)
class Dialect:
    """A way to speak to Puna: paths, and words for what goes wrong.

    `claims` says whether a request is in this dialect, by its path or its headers, whether there is such a path or
    not. `name_of` is what a body calls the part of a request that an error is about; None where it has no such part.
    `error`, `unknown_path` and `wrong_method` make the JSON of a refusal. `api_key` finds the client's key in its
    headers, and `key_wanted` shows how to send one; `id_headers` are those in which an answer has its request's id.
    `status` is the HTTP status of an error. `changes_models` says of a request whether it may make, fetch or
    delete a model.
    """

    name: str
    routes: Sequence[BaseRoute]
    claims: Callable[[Request], bool]
    name_of: Callable[[Subject, object], str | None]
    error: Callable[[PunaError, Words], Object]
    unknown_path: Callable[[Request], Object]
    wrong_method: Callable[[Request, str], Object]
    status: Callable[[PunaError], int] = usual_status
    api_key: Callable[[Headers], str] = bearer
    key_wanted: str = "Authorization: Bearer YOUR_KEY"
    id_headers: tuple[str, ...] = ("x-request-id",)
    changes_models: Callable[[Request], bool] = lambda _: False

    def application(self, services: Services) -> Starlette:
        """The dialect as an application that answers with those services."""
        app = Starlette(
            routes=self.routes,
            exception_handlers={
                HTTPException: self.not_routed,
                PunaError: self.refused,
                ClientGone: gone,
                Exception: self.broken,
            },
        )
        app.router.redirect_slashes = False
        app.state.dialect = self
        app.state.services = services
        app.state.limits = Limits(**services.settings.body_limits)
        return app

    async def not_routed(self, request: Request, error: Exception) -> Response:
        """Starlette's own refusals: no such path, or not with this method."""
        assert isinstance(error, HTTPException)
        if error.status_code == 405:
            allowed = ", ".join(sorted(methods(request)))
            return JSONResponse(self.wrong_method(request, allowed), 405, {"Allow": allowed})
        return JSONResponse(self.unknown_path(request), 404)

    async def refused(self, request: Request, error: Exception) -> Response:
        """What Puna says in place of an answer."""
        assert isinstance(error, PunaError)
        return self.response(error, body_of(request))

    async def broken(self, _: Request, error: Exception) -> Response:
        """A defect of Puna's. The traceback goes to the log."""
        return self.response(PunaError(f"internal error: {type(error).__name__}"))

    def response(self, error: PunaError, body: object = None) -> Response:
        """The error as a whole HTTP response to that body."""
        retry = {"Retry-After": str(error.retry_after)} if isinstance(error, Overloaded) else None
        return JSONResponse(self.render(error, body), self.status(error), retry)

    def render(self, error: PunaError, body: object = None) -> Object:
        """The error's JSON. `body` is what was asked, once it has been read."""
        return self.error(error, self.words(error, body))

    def words(self, error: PunaError, body: object) -> Words:
        """The error's sentence with what helps against it, and what the body calls what it is about."""
        message = with_advice(error)
        if not isinstance(error, InvalidRequest) or error.about is None:
            return Words(message, getattr(error, "param", None))
        name = self.name_of(error.about, body)
        return Words(message if name is None else named(error, message, name), name)


def dialect_of(request: Request) -> Dialect:
    """The dialect that a request is in."""
    found: Dialect = request.app.state.dialect
    return found


def named(error: InvalidRequest, message: str, name: str) -> str:
    """The sentence with the name in it, where it says more than the sentence does."""
    match error.about:
        case AnswerSchema() | ToolSchema():
            return f"Invalid schema at '{name}': {message}."
        case PromptAt() | InputAt() if name.endswith("]") or not isinstance(error, ContextLengthExceeded):
            return f"Invalid '{name}': {message}"
        case _:
            return message


def methods(request: Request) -> set[str]:
    """All methods of a request's path: Starlette itself only names those of the first route that has it."""
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    return {
        method for route in routes if route.matches(request.scope)[0] != Match.NONE for method in route.methods or ()
    }
