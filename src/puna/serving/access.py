"""Who may talk to the server: which hosts, which web pages, with which keys."""

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from puna.core.errors import Forbidden, InvalidRequest, PunaError, RateLimited, Unauthorized
from puna.http.turns import around, as_request, refuse
from puna.observation.journal import entry_of
from puna.serving.hosts import is_host, is_known, is_local, is_loopback
from puna.serving.keys import Key, Keys
from puna.settings import Settings

LOCAL_ORIGIN = re.compile(
    r"https?://(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(:\d+)?|(app|file|tauri|vscode-webview|vscode-file)://.*"
)
"""The web pages Ollama lets in too: those of this machine and of desktop applications."""
OPEN_PATHS = frozenset({"/", "/health", "/docs"})
"""What a monitor may ask without a key, and a browser: the page asks its user for one."""
OPEN_FOLDER = "/page/"
"""The page's files, which everybody has who has Puna."""


class Spoken(Protocol):
    """What is asked of the dialect that a request is in: where its key is, what it does, and how to say no to it."""

    def api_key(self, request: Request) -> str: ...

    def key_wanted(self, request: Request) -> str: ...

    def changes_models(self, request: Request) -> bool: ...

    def refuse(self, request: Request, error: PunaError) -> Response: ...


def origin_pattern(settings: Settings) -> re.Pattern[str]:
    """The origins of web pages that may use the server; `*` in a setting stands for anything."""
    asked = (re.escape(origin).replace(r"\*", ".*") for origin in settings.origins)
    return re.compile("|".join([LOCAL_ORIGIN.pattern, *asked]))


class Access:
    """ASGI middleware. A page of another site, a rebound host name, a missing key or one that has used up what it may
    get no further."""

    def __init__(self, app: ASGIApp, settings: Settings, keys: Keys, spoken: Spoken) -> None:
        self._app = app
        self._origins = origin_pattern(settings)
        self._keys = keys
        self._loopback = is_loopback(settings.host)
        self._hosts = settings.hosts
        self._spoken = spoken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._connect(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        if problem := self._problem(request):
            await self._spoken.refuse(request, problem)(scope, receive, send)
            return
        key = self._keys.find(self._spoken.api_key(request)) if self._keys else None
        if key is None or not is_asked_for_a_key(scope):
            await self._app(scope, receive, send)
            return
        rates = Rates(key, send)
        scope.setdefault("state", {})["admits"] = key.admits
        entry_of(scope).spend = key.tokens.use if key.tokens else None
        if problem := self._key_problem(key, request) or rates.problem(scope):
            await self._spoken.refuse(request, problem)(scope, receive, rates.send)
            return
        try:
            await self._app(scope, receive, rates.send)
        finally:
            rates.charge_unfinished(scope)

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge a WebSocket's handshake as a request, and what its key may use at each turn."""
        request = Request(as_request(scope))
        if problem := self._problem(request):
            await refuse(scope, receive, send, self._spoken.refuse(request, problem))
            return
        if self._keys and (key := self._keys.find(self._spoken.api_key(request))):
            scope.setdefault("state", {})["admits"] = key.admits
            around(scope, lambda turn: self._turn(key, turn))
        await self._app(scope, receive, send)

    @contextmanager
    def _turn(self, key: Key, scope: Scope) -> Iterator[None]:
        """A request of a WebSocket. Raises RateLimited."""
        entry_of(scope).spend = key.tokens.use if key.tokens else None
        if problem := Rates(key).problem(scope):
            raise problem
        yield

    def _problem(self, request: Request) -> PunaError | None:
        headers = request.headers
        host = headers.get("host", "")
        if not is_host(host):
            return InvalidRequest(f"'{host}' is not a valid host.")
        if not self._knows(host):
            advice = "" if self._loopback else "; PUNA_HOSTS can allow it"
            return Forbidden(f"The host '{host}' is not this machine{advice}.")
        origin = headers.get("origin")
        if origin and not self._allows(origin, host):
            return Forbidden(f"The origin '{origin}' is not allowed; PUNA_ORIGINS can allow it.")
        if self._keys and is_asked_for_a_key(request.scope):
            key = self._spoken.api_key(request)
            if not key:
                wanted = self._spoken.key_wanted(request)
                return Unauthorized(f"An API key is needed: {wanted}.", "missing_api_key")
            if self._keys.find(key) is None:
                return Unauthorized("Incorrect API key provided.", "invalid_api_key")
        return None

    def _key_problem(self, key: Key, request: Request) -> PunaError | None:
        """What a key that is limited to some models may not do: change which models there are."""
        if key.models is not None and self._spoken.changes_models(request):
            return Forbidden("The API key may use models, but not change them.")
        return None

    def _knows(self, host: str) -> bool:
        if self._hosts:
            return is_known(host, self._hosts)
        return is_local(host) if self._loopback else is_known(host, ())

    def _allows(self, origin: str, host: str) -> bool:
        return origin.partition("://")[2] == host or self._origins.fullmatch(origin) is not None


def is_asked_for_a_key(scope: Scope) -> bool:
    """Whether a request needs a key, where there are any."""
    path: str = scope["path"]
    return path not in OPEN_PATHS and not path.startswith(OPEN_FOLDER) and scope["method"] != "OPTIONS"


class Rates:
    """What one key may still use, and the headers that say so on the way to its client."""

    def __init__(self, key: Key, send: Send | None = None) -> None:
        self._allowances = {"requests": key.requests, "tokens": key.tokens}
        self._send = send
        self._pieces = 0

    def problem(self, scope: Scope) -> RateLimited | None:
        """Count a request. What only looks something up costs nothing."""
        if scope["method"] != "POST":
            return None
        for kind, allowance in self._allowances.items():
            if allowance and allowance.left() < 1:
                return RateLimited(kind, allowance.most, retry_after=math.ceil(allowance.seconds_until(1)))
        if requests := self._allowances["requests"]:
            requests.use(1)
        return None

    def charge_unfinished(self, scope: Scope) -> None:
        """Count an answer that its client left before its usage was known: about a token each piece, and one for four
        bytes of what was asked."""
        entry = entry_of(scope)
        if entry.spend and entry.model and entry.last is None:
            entry.spend(self._pieces + int(Headers(scope=scope).get("content-length", 0)) // 4)

    async def send(self, message: Message) -> None:
        assert self._send
        self._pieces += 1
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *self._headers()]}
        await self._send(message)

    def _headers(self) -> Iterator[tuple[bytes, bytes]]:
        """OpenAI's, for each kind that has a limit."""
        for kind, allowance in self._allowances.items():
            if allowance:
                values = {
                    "limit": str(allowance.most),
                    "remaining": str(max(0, int(allowance.left()))),
                    "reset": f"{allowance.seconds_until(allowance.most):.3f}s",
                }
                for name, value in values.items():
                    yield f"x-ratelimit-{name}-{kind}".encode(), value.encode()
