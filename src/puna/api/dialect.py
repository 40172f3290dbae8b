"""A dialect as an ASGI application of its own: its routes, and its own words for what goes wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from puna.api.exchange import ClientGone
from puna.core.errors import PunaError


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a dialect writes an error, a path that is not there, and one that is there with other methods."""

    error_response: Callable[[PunaError], Response]
    unknown_path: Callable[[Request], Response]
    wrong_method: Callable[[Request, str], Response]

    def application(self, routes: Sequence[BaseRoute]) -> Starlette:
        """The application of those routes."""
        app = Starlette(
            routes=routes,
            exception_handlers={
                HTTPException: self.not_routed,
                PunaError: self.refused,
                ClientGone: gone,
                Exception: self.broken,
            },
        )
        app.router.redirect_slashes = False
        return app

    async def not_routed(self, request: Request, error: Exception) -> Response:
        """Starlette's own refusals: no such path, or not with this method."""
        assert isinstance(error, HTTPException)
        if error.status_code == 405:
            return self.wrong_method(request, (error.headers or {}).get("Allow", ""))
        return self.unknown_path(request)

    async def refused(self, _: Request, error: Exception) -> Response:
        """What Puna says in place of an answer."""
        assert isinstance(error, PunaError)
        return self.error_response(error)

    async def broken(self, _: Request, error: Exception) -> Response:
        """A defect of Puna's. The traceback goes to the log."""
        return self.error_response(PunaError(f"internal error: {type(error).__name__}"))


async def gone(_: Request, __: Exception) -> Response:
    """Nobody is there to read it; the log shows nginx's status for a client that left."""
    return Response(status_code=499)
