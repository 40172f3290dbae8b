"""Who may talk to the server: which hosts, which web pages, with which keys."""

import re
import secrets
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from puna.core.errors import Forbidden, PunaError, Unauthorized
from puna.serving.hosts import is_local, is_loopback
from puna.settings import Settings

LOCAL_ORIGIN = re.compile(
    r"https?://(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(:\d+)?|(app|file|tauri|vscode-webview|vscode-file)://.*"
)
"""The web pages Ollama lets in too: those of this machine and of desktop applications."""
OPEN_PATHS = frozenset({"/", "/health"})
"""What a monitor may ask without a key."""

Refuse = Callable[[Request, PunaError], Response]
"""Says no in the words of the request's dialect."""


def origin_pattern(settings: Settings) -> re.Pattern[str]:
    """The origins of web pages that may use the server; `*` in a setting stands for anything."""
    asked = (re.escape(origin).replace(r"\*", ".*") for origin in settings.origins)
    return re.compile("|".join([LOCAL_ORIGIN.pattern, *asked]))


class Access:
    """ASGI middleware. A page of another site, a rebound host name or a missing key get no further."""

    def __init__(self, app: ASGIApp, settings: Settings, refuse: Refuse) -> None:
        self._app = app
        self._origins = origin_pattern(settings)
        self._keys = settings.api_keys
        self._loopback = is_loopback(settings.host)
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (problem := self._problem(scope)):
            request = Request(scope)
            await self._refuse(request, problem)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _problem(self, scope: Scope) -> PunaError | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self._loopback and not is_local(host):
            return Forbidden(f"The host '{host}' is not this machine.")
        origin = headers.get("origin")
        if origin and not self._allows(origin, host):
            return Forbidden(f"The origin '{origin}' is not allowed; PUNA_ORIGINS can allow it.")
        if self._keys and scope["path"] not in OPEN_PATHS and scope["method"] != "OPTIONS":
            return self._key_problem(headers.get("authorization", ""))
        return None

    def _allows(self, origin: str, host: str) -> bool:
        return origin.partition("://")[2] == host or self._origins.fullmatch(origin) is not None

    def _key_problem(self, authorization: str) -> PunaError | None:
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            return Unauthorized("An API key is needed: Authorization: Bearer YOUR_KEY.", "missing_api_key")
        given = key.strip().encode()
        if not any(secrets.compare_digest(given, known.encode()) for known in self._keys):
            return Unauthorized("Incorrect API key provided.", "invalid_api_key")
        return None
