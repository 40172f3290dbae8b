"""Several dialects as one application."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from puna.api.dialect import Dialect
from puna.api.services import Services
from puna.core.errors import PunaError
from puna.http.turns import as_request


class Dispatcher:
    """ASGI application that gives each request to the first dialect that claims it. The last one claims all."""

    def __init__(self, dialects: Sequence[Dialect], services: Services) -> None:
        self._applications = {dialect: dialect.application(services) for dialect in dialects}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope if scope["type"] == "http" else as_request(scope))
        await self._applications[self.dialect_of(request)](scope, receive, send)

    def dialect_of(self, request: Request) -> Dialect:
        """The dialect that a request is in. Whoever comes before the application asks, too."""
        found: Dialect | None = request.scope.get("puna.dialect")
        if found is None:
            found = next(dialect for dialect in self._applications if dialect.claims(request))
            request.scope["puna.dialect"] = found
        return found

    def api_key(self, request: Request) -> str:
        """The API key that a request has where its dialect looks for one; nothing where there is none."""
        return self.dialect_of(request).api_key(request.headers)

    def key_wanted(self, request: Request) -> str:
        """How a request of its dialect sends a key."""
        return self.dialect_of(request).key_wanted

    def id_headers(self, request: Request) -> tuple[str, ...]:
        """The headers that the answer to a request of its dialect has its id in."""
        return self.dialect_of(request).id_headers

    def changes_models(self, request: Request) -> bool:
        """Whether a request may make, fetch or delete a model."""
        return self.dialect_of(request).changes_models(request)

    def refuse(self, request: Request, error: PunaError) -> Response:
        """A refusal in the words of the request's dialect, before anything of the request was read."""
        return self.dialect_of(request).response(error)
