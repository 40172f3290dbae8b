"""What stands between an application under test and the server: it notes requests, and carries out the script."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from puna.api.dispatcher import Dispatcher
from puna.core.errors import PunaError
from puna.library.library import Library
from puna.library.names import ModelName
from puna.testing.breaking import breaking
from puna.testing.engine import ANSWER
from puna.testing.script import Script, ScriptedAnswer

SEEDED = ("/v1/chat/completions", "/v1/completions")
"""The paths whose bodies have a seed beside a temperature."""
NATIVE = ("/api/chat", "/api/generate")
"""The paths whose bodies have both among their options."""
GENERATING = (*SEEDED, *NATIVE, "/v1/responses", "/v1/messages")
"""The paths that a script answers."""
EMBEDDING = ("/v1/embeddings", "/api/embed", "/api/embeddings")
"""The paths that take no answer of a script but an error."""


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


class Recorder:
    """An ASGI application around the server's dialects, within what notes and guards every request.

    Requests for a model that the library does not have go to `model`. Where a request says nothing of temperature and
    seed it gets 0 and `seed`, so that answers are the same each time.
    """

    def __init__(self, dispatcher: Dispatcher, library: Library, script: Script) -> None:
        self.requests: list[Recorded] = []
        self.model = "tiny"
        self.seed = 0
        self._dispatcher = dispatcher
        self._library = library
        self._script = script

    def reset(self) -> None:
        """Forget everything, for the next test."""
        self.requests.clear()
        self._script.clear()
        self.model, self.seed = "tiny", 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._dispatcher(scope, receive, send)
            return
        content = await whole(receive)
        body = parsed(content)
        self._note(scope, body)
        answer = self._next(scope)
        ANSWER.set(answer)
        if answer is not None:
            await asyncio.sleep(answer.delay)
            if answer.break_after is not None:
                send = breaking(send, answer.break_after)
            if answer.error is not None:
                await refusal(self._dispatcher, scope, answer, answer.error)(scope, receive, send)
                return
        if isinstance(body, dict):
            content = json.dumps(self._adjusted(scope["path"], body)).encode()
            scope = with_length(scope, len(content))
        await self._dispatcher(scope, again(content, receive), send)

    def _note(self, scope: Scope, body: Any) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        self.requests.append(Recorded(scope["method"], scope["path"], headers, body))

    def _next(self, scope: Scope) -> ScriptedAnswer | None:
        """What the script has for a request."""
        if scope["method"] != "POST":
            return None
        if scope["path"] in GENERATING:
            return self._script.next()
        answers = self._script.answers
        return answers.popleft() if scope["path"] in EMBEDDING and answers and answers[0].error else None

    def _adjusted(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        model = body.get("model")
        if isinstance(model, str) and model and not self._has(model):
            body = {**body, "model": self.model}
        if path in NATIVE:
            options = {"temperature": 0, "seed": self.seed, **(body.get("options") or {})}
            return {**body, "options": options}
        if path in SEEDED:
            body = {"seed": self.seed, **given(body)}
        return {"temperature": 0, **given(body)} if path in GENERATING else body

    def _has(self, name: str) -> bool:
        """Whether a model is there."""
        try:
            self._library.get(ModelName.parse(name))
        except PunaError:
            return False
        return True


def given(body: dict[str, Any]) -> dict[str, Any]:
    """A body without the settings that it leaves open."""
    return {name: value for name, value in body.items() if value is not None or name not in ("seed", "temperature")}


def refusal(dispatcher: Dispatcher, scope: Scope, answer: ScriptedAnswer, error: PunaError) -> Any:
    """The error as the request's API says it, with the status and the header that the script wants."""
    response = dispatcher.refuse(Request(scope), error)
    assert answer.status
    response.status_code = answer.status
    del response.headers["retry-after"]
    if answer.retry_after is not None:
        response.headers["retry-after"] = f"{answer.retry_after:g}"
    return response


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
