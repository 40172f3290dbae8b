"""What stands between an application under test and the server: it notes requests, and carries out the script."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from puna.testing.script import Script, ScriptedAnswer, ScriptedEngine

GENERATING = (
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/responses",
    "/api/chat",
    "/api/generate",
    "/v1/messages",
)
"""The paths that a script answers."""
SEEDED = ("/v1/chat/completions", "/v1/completions")
"""The paths whose bodies have a seed."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request as it came. `body` is its JSON, None for one without."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any

    @property
    def model(self) -> str | None:
        """The model that was asked for."""
        return self.body.get("model") if isinstance(self.body, dict) else None

    @property
    def messages(self) -> Any:
        """The messages or the input that were sent."""
        return self.body.get("messages", self.body.get("input")) if isinstance(self.body, dict) else None


class Broken(ConnectionError):
    """The connection breaks because a script says so."""


class Recorder:
    """An ASGI application around the server.

    `known` says whether the server has a model: requests for any other go to `model`. Where a request says nothing of
    temperature and seed it gets 0 and `seed`, so that answers are the same each time.
    """

    def __init__(self, app: ASGIApp, script: Script, known: Callable[[str], bool]) -> None:
        self.requests: list[Recorded] = []
        self.model = "tiny"
        self.seed = 0
        self._app = app
        self._script = script
        self._known = known

    def reset(self) -> None:
        """Forget everything, for the next test."""
        self.requests.clear()
        self._script.clear()
        ScriptedEngine.speeches.clear()
        self.model, self.seed = "tiny", 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            self._note(scope, None)
            await self._app(scope, receive, send)
            return
        content = await whole(receive)
        body = parsed(content)
        self._note(scope, body)
        answer = self._script.next() if scope["path"] in GENERATING else None
        if answer is not None:
            await asyncio.sleep(answer.delay)
            if answer.status is not None:
                await refuse(send, answer, answer.status)
                return
            if answer.text or answer.calls:
                ScriptedEngine.speeches.append(answer)
            if answer.break_after is not None:
                send = breaking(send, answer.break_after)
        if isinstance(body, dict):
            content = json.dumps(self._adjusted(scope["path"], body)).encode()
        await self._app(with_length(scope, len(content)), again(content, receive), send)

    def _note(self, scope: Scope, body: Any) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope.get("headers", ())}
        if scope["type"] == "http":
            self.requests.append(Recorded(scope["method"], scope["path"], headers, body))

    def _adjusted(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        model = body.get("model")
        if isinstance(model, str) and model and not self._known(model):
            body = {**body, "model": self.model}
        if path in GENERATING and path.startswith("/v1/"):
            body = {"temperature": 0, **body}
        if path in SEEDED:
            body = {"seed": self.seed, **body}
        if path in ("/api/chat", "/api/generate"):
            body = {**body, "options": {"temperature": 0, "seed": self.seed, **(body.get("options") or {})}}
        return body


async def whole(receive: Receive) -> bytes:
    """All of a request's body."""
    chunks = []
    while (message := await receive())["type"] == "http.request":
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            break
    return b"".join(chunks)


def again(content: bytes, receive: Receive) -> Receive:
    """A body that was read before, and after it whatever comes."""
    left = [content]

    async def read() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return read


def with_length(scope: Scope, length: int) -> Scope:
    """The scope of a request whose body has so many bytes."""
    headers = [(name, value) for name, value in scope["headers"] if name != b"content-length"]
    return {**scope, "headers": [*headers, (b"content-length", str(length).encode())]}


def parsed(content: bytes) -> Any:
    """A body's JSON; None where it is none."""
    try:
        return json.loads(content)
    except ValueError:
        return None


async def refuse(send: Send, answer: ScriptedAnswer, status: int) -> None:
    """An error in OpenAI's shape."""
    kind = "rate_limit_error" if status == 429 else "server_error" if status >= 500 else "invalid_request_error"
    message = answer.message or f"The test's script answers {status}."
    content = json.dumps({"error": {"message": message, "type": kind, "param": None, "code": None}}).encode()
    headers = [(b"content-type", b"application/json")]
    if answer.retry_after is not None:
        headers.append((b"retry-after", f"{answer.retry_after:g}".encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def breaking(send: Send, blocks: int) -> Send:
    """A way to the client that breaks after so many pieces of an answer. A whole answer never arrives."""
    sent = 0

    async def pass_on(message: Message) -> None:
        nonlocal sent
        if message["type"] == "http.response.body":
            if sent >= blocks or not message.get("more_body", False):
                raise Broken("the test's script breaks the connection here")
            sent += 1
        await send(message)

    return pass_on
