"""Every HTTP exchange seen from outside: its id, its line in the access log, its part in the metrics."""

import hashlib
import logging
import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import quote

import orjson
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from puna.http.turns import around
from puna.observation.journal import Entry, keep
from puna.observation.metrics import Metrics

REQUEST_ID = re.compile(r"[\x21-\x7e]{1,200}")
"""What is taken over as an id: one printable word, as it goes into a header and a log."""
MOST_IN_HEADER = 1_000
PROMPT_BYTES = 10_000
"""How much of a body the log shows where debugging asks for it."""

_log = logging.getLogger("puna.access")


class Observer:
    """ASGI middleware around everything else.

    A request keeps the id that its `X-Request-Id` gives it, or gets one, and the response carries it. What is logged
    is one JSON object a line; it tells nothing of what was asked or answered, unless `debug` is set.
    `api_key` finds the key that a request has, and `key_name` is what it is called, where the server has keys;
    `id_headers` are those in which its answer has the id.
    """

    def __init__(
        self,
        app: ASGIApp,
        metrics: Metrics,
        *,
        access_log: bool,
        debug: bool,
        api_key: Callable[[Request], str],
        key_name: Callable[[str], str] | None,
        id_headers: Callable[[Request], Sequence[str]],
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._access_log = access_log
        self._debug = debug
        self._api_key = api_key
        self._key_name = key_name
        self._id_headers = id_headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            around(scope, self._turn)
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        entry = self._begin(scope)
        exchange = Sender(entry, self._id_headers(Request(scope)), send)
        watched = Body(receive) if self._debug else None
        try:
            await self._app(scope, watched or receive, exchange.send)
        finally:
            body = {"body": bytes(watched.content).decode(errors="replace")} if watched else {}
            self._end(scope, entry, exchange.status, exchange.reason, body)

    @contextmanager
    def _turn(self, scope: Scope) -> Iterator[None]:
        """A request of a WebSocket, whose error says its status."""
        entry = self._begin(scope)
        try:
            yield
        finally:
            self._end(scope, entry, entry.status, "", {})

    def _begin(self, scope: Scope) -> Entry:
        key = self._api_key(Request(scope))
        owner = self._key_name(key) if self._key_name else None
        client = client_of(scope, key) if owner is None else owner
        entry = Entry(id=request_id(Headers(scope=scope)), client=client, owner=owner or "")
        keep(scope, entry)
        return entry

    def _end(self, scope: Scope, entry: Entry, status: int, reason: str, more: Mapping[str, str]) -> None:
        seconds = time.monotonic() - entry.started
        self._metrics.observe(entry, route(scope), status, seconds)
        if self._access_log:
            fields = {**line(scope, entry, status, seconds), **more}
            _log.info(orjson.dumps(fields).decode(), extra={"fields": fields, "reason": reason})


class Sender:
    """The way back to the client, with the id on it. `status` is 499 until something is sent, as nginx has it."""

    def __init__(self, entry: Entry, id_headers: Sequence[str], send: Send) -> None:
        self._entry = entry
        self._id_headers = id_headers
        self._send = send
        self.status = 499
        self._refusal = b""

    @property
    def reason(self) -> str:
        """What an answer that is an error says. It may show what was asked, so that it is no field of the log."""
        with suppress(orjson.JSONDecodeError, KeyError, TypeError):
            error = orjson.loads(self._refusal)["error"]
            return str(error["message"] if isinstance(error, dict) else error)
        return ""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            identifier = self._entry.id.encode()
            headers = [*message.get("headers", ()), *((name.encode(), identifier) for name in self._id_headers)]
            if self._entry.ignored:
                headers.append((b"puna-ignored", in_header(self._entry.ignored)))
            message = {**message, "headers": headers}
        elif self.status >= 400 and not self._refusal:
            self._refusal = message.get("body", b"")
        await self._send(message)


class Body:
    """The way from the client, with what came over it."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.content = bytearray()

    async def __call__(self) -> Message:
        message = await self._receive()
        if room := PROMPT_BYTES - len(self.content):
            self.content += message.get("body", b"")[:room]
        return message


def in_header(names: Sequence[str]) -> bytes:
    """Names in a list that may stand in a header: what is no printable ASCII is percent-encoded."""
    return ", ".join(quote(name, safe="[]_.-") for name in names)[:MOST_IN_HEADER].encode()


def request_id(headers: Headers) -> str:
    """The id the client gave, else a new one."""
    given = headers.get("x-request-id", "")
    return given if REQUEST_ID.fullmatch(given) else f"req_{secrets.token_hex(12)}"


def client_of(scope: Scope, key: str) -> str:
    """Whom a request comes from where the server has no keys: the remote address, and on it whatever key is sent, so
    that programs on one machine can be told apart. Keys appear as digests only."""
    digest = hashlib.sha256(key.encode()).hexdigest()[:12] if key else ""
    address = scope["client"][0] if scope.get("client") else ""
    return f"{address} {digest}".strip()


def route(scope: Scope) -> str:
    """The path of a request with names for what varies in it, or "other": there are only so many of them."""
    if "endpoint" not in scope:
        return "other"
    path: str = scope["path"]
    for name, value in scope.get("path_params", {}).items():
        path = path.replace(str(value), f"{{{name}}}") if value else path
    return path


def line(scope: Scope, entry: Entry, status: int, seconds: float) -> dict[str, Any]:
    """One line of the access log. Times are in milliseconds."""
    fields: dict[str, Any] = {
        "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "request_id": entry.id,
        "client": entry.client,
        "method": scope["method"],
        "path": scope["path"],
        "status": status,
        "ms": round(seconds * 1000, 1),
    }
    if entry.model:
        first = entry.first_token_seconds
        fields |= {
            "model": entry.model,
            "prompt_tokens": entry.prompt_tokens,
            "completion_tokens": entry.completion_tokens,
            "cached_tokens": entry.cached_tokens,
            "first_token_ms": None if first is None else round(first * 1000, 1),
            "retries": entry.retries,
        }
    return fields
