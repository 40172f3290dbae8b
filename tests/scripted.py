"""A server in this process whose engine says what a test tells it to: a dialect is driven in milliseconds.

`scripted_server` is the whole application, with an engine that takes no memory and needs no weights. What that was
asked is in `Script.requests`. Besides `tiny` there are `plain`, which recommends no settings, and `sees`.
"""

import hashlib
import os
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import httpx2
import numpy as np
import ollama
import openai
from starlette.testclient import TestClient, WebSocketTestSession

from puna.core.capacity import Capacity
from puna.core.completions import CompletionEvent, CompletionRequest, PromptRead, ScoreRequest
from puna.core.embeddings import Embedded, EmbeddingRequest
from puna.core.events import ChatEvent, Done, Finished, FinishReason, ReasoningDelta, TextDelta, ToolCallDelta, Usage
from puna.core.footprint import Footprint
from puna.core.images import Image, ImageEvent, ImageRequest, PartialImage, StepDone
from puna.core.requests import ChatRequest
from puna.engines.engine import Chats, Completes, Draws, Embeds, Engine, Scores, Task
from puna.engines.launch import Launch
from puna.engines.model import EngineModel
from puna.engines.plan import Planner
from puna.engines.settings import EngineSettings
from puna.server import create_app
from puna.settings import Settings
from tests.library import ggufs
from tests.stored_models import add_formatted_model, add_model

Request = ChatRequest | CompletionRequest | ScoreRequest | EmbeddingRequest | ImageRequest
Step = ChatEvent | CompletionEvent | ImageEvent | Exception

ADDRESS = "http://127.0.0.1:11434"
DEFAULT = "This is a test."
COUNTS = Usage(3, 5)


@dataclass(eq=False)
class Script:
    """What the engine answers, one answer after the other; DEFAULT when none is left."""

    requests: list[Request] = field(default_factory=list)
    capacity: Capacity = field(default_factory=lambda: Capacity(slots=8, context_length=4096))
    _answers: deque[tuple[Step, ...]] = field(default_factory=deque)

    def answer(self, *steps: Step) -> None:
        """Yield these events to the next request; an exception is raised in its place."""
        self._answers.append(steps)

    def say(
        self, *pieces: str, thinking: Sequence[str] = (), reason: FinishReason = "stop", usage: Usage = COUNTS
    ) -> None:
        """Answer the next chat with a text that comes in those pieces."""
        thoughts = [ReasoningDelta(0, thought) for thought in thinking]
        self.answer(*thoughts, *(TextDelta(0, piece) for piece in pieces), Finished(0, reason), Done(usage))

    def call(self, name: str, *pieces: str, id: str = "call_1", usage: Usage = COUNTS) -> None:  # noqa: A002
        """Answer the next chat with a call whose arguments come in those pieces."""
        begun = ToolCallDelta(0, 0, id=id, name=name)
        arguments = [ToolCallDelta(0, 0, piece) for piece in pieces]
        self.answer(begun, *arguments, Finished(0, "tool_calls"), Done(usage))

    @property
    def request(self) -> Any:
        """The last request."""
        return self.requests[-1]

    def clear(self) -> None:
        """Forget everything."""
        self.requests.clear()
        self._answers.clear()

    def take(self, request: Request) -> tuple[Step, ...] | None:
        """Note a request; the answer to it, None where nobody wrote one."""
        self.requests.append(request)
        return self._answers.popleft() if self._answers else None

    def plan(self, model: EngineModel, task: Task, settings: EngineSettings) -> Launch:
        """This engine for every model and task."""
        return ScriptedLaunch(self, model.digest, task)


@dataclass(frozen=True)
class ScriptedLaunch:
    """An engine that takes nothing."""

    script: Script
    digest: str
    task: Task

    @property
    def capacity(self) -> Capacity:
        return self.script.capacity

    @property
    def footprint(self) -> Footprint:
        return Footprint()

    def alternatives(self) -> Sequence[Launch]:
        return [self]

    async def start(self) -> Engine:
        return ScriptedEngine(self.script)


class ScriptedEngine(Engine, Chats, Completes, Scores, Embeds, Draws):
    """Does every task as its script says."""

    def __init__(self, script: Script) -> None:
        self._script = script

    @property
    def capacity(self) -> Capacity:
        return self._script.capacity

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        for step in self._script.take(request) or default_chat(request):
            yield raised(step)  # type: ignore[misc]

    async def count_prompt(self, request: ChatRequest) -> int:
        return sum(len(message.text.split()) for message in request.messages)

    async def complete(self, request: CompletionRequest) -> AsyncGenerator[CompletionEvent, None]:
        for step in self._script.take(request) or default_completion(request):
            yield raised(step)  # type: ignore[misc]

    async def score(self, request: ScoreRequest) -> AsyncGenerator[PromptRead, None]:
        for step in self._script.take(request) or reads(request.prompts):
            yield raised(step)  # type: ignore[misc]

    async def embed(self, request: EmbeddingRequest) -> AsyncGenerator[Embedded, None]:
        assert self._script.take(request) is None
        yield Embedded(tuple(vector(text) for text in request.inputs), len(request.inputs))

    async def draw(self, request: ImageRequest) -> AsyncGenerator[ImageEvent, None]:
        for step in self._script.take(request) or default_images(request):
            yield raised(step)  # type: ignore[misc]


def raised(step: Step) -> ChatEvent | CompletionEvent | ImageEvent:
    """The step, if it is no exception."""
    if isinstance(step, Exception):
        raise step
    return step


def default_chat(request: ChatRequest) -> Iterator[Step]:
    """DEFAULT, for each choice."""
    for index in range(request.choices):
        yield from (TextDelta(index, DEFAULT), Finished(index, "stop"))
    yield Done(Usage(3, 5 * request.choices))


def default_completion(request: CompletionRequest) -> Iterator[Step]:
    """DEFAULT, for each choice of each prompt."""
    for place, read in enumerate(reads(request.prompts)):
        yield read
        for index in range(place * request.choices, (place + 1) * request.choices):
            yield from (TextDelta(index, DEFAULT), Finished(index, "stop"))
    yield Done(Usage(3, 5 * request.choices * len(request.prompts)))


def default_images(request: ImageRequest) -> Iterator[Step]:
    """Pictures of four steps, which are no files."""
    size = request.size or (64, 64)
    for image in range(request.images):
        for step in range(1, 5):
            yield StepDone(image, step, 4)
            if step <= request.partial_images:
                yield PartialImage(image, step - 1, b"half", size)
        yield Image(image, b"whole", size, request.seed + image, prompt_tokens=3, tokens=64)
    yield Done(Usage(3, 64 * request.images))


def reads(prompts: Sequence[str | tuple[int, ...]]) -> Iterator[PromptRead]:
    """The prompts, as if each of their words were a token."""
    for index, prompt in enumerate(prompts):
        text = prompt if isinstance(prompt, str) else " ".join(map(str, prompt))
        yield PromptRead(index, text, len(text.split()))


def vector(text: str | tuple[int, ...]) -> Any:
    """A vector that only this text has."""
    numbers = np.frombuffer(hashlib.sha256(repr(text).encode()).digest()[:8], np.uint8).astype(np.float32)
    return numbers / np.linalg.norm(numbers)


@dataclass
class ScriptedServer:
    """What a `RunningServer` is to tests, in this process. Answers come when they are whole."""

    script: Script
    home: Path
    _app: TestClient
    url: str = ADDRESS

    def http(self, **headers: str) -> httpx2.Client:
        """A plain HTTP client."""
        return httpx2.Client(base_url=self.url, transport=InProcess(self._app), headers=headers)

    def socket(self, path: str = "/v1/responses", **headers: str) -> WebSocketTestSession:
        """A WebSocket."""
        return self._app.websocket_connect(path, headers={"host": ADDRESS.removeprefix("http://"), **headers})

    def client(self) -> openai.OpenAI:
        """The client applications use."""
        return openai.OpenAI(base_url=f"{self.url}/v1/", api_key="unused", max_retries=0, http_client=self.http())

    def ollama(self) -> ollama.Client:
        """The client of the native API."""
        return ollama.Client(host=self.url, transport=InProcessForOllama(self._app))


class InProcess(httpx2.BaseTransport):
    """Hands requests to the application."""

    def __init__(self, app: TestClient) -> None:
        self._app = app

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = self._app.send(request)
        return httpx2.Response(answer.status_code, headers=answer.headers.raw, content=answer.content)


class InProcessForOllama(httpx.BaseTransport):
    """The same for the `ollama` package, which is on an older client library."""

    def __init__(self, app: TestClient) -> None:
        self._app = app

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._app.request(
            request.method, str(request.url), content=request.read(), headers=request.headers.multi_items()
        )
        return httpx.Response(answer.status_code, headers=answer.headers.raw, content=answer.content)


StartScripted = Callable[..., ScriptedServer]
"""Makes a scripted server with environment variables given as keywords."""


@contextmanager
def scripted_server(home: Path, *, engines: Sequence[Planner] = (), **environment: str) -> Iterator[ScriptedServer]:
    """The application with that home and those variables, and an engine that follows a script; `engines` come before
    it."""
    script = Script()
    app = create_app(scripted_settings(home, **environment), engines=(*engines, script.plan))
    with TestClient(app, base_url=ADDRESS) as client:
        yield ScriptedServer(script, home, client)


def scripted_settings(home: Path, **environment: str) -> Settings:
    """Settings of that home and those variables, with `plain` and `sees` among the models."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PUNA_", "OLLAMA_"))}
    settings = Settings.from_environment({**clean, "PUNA_HOME": str(home), **environment})
    home.mkdir(parents=True, exist_ok=True)
    weights = ggufs.write(home / "plain.gguf")
    projector = ggufs.write(home / "projector.gguf", architecture="clip", values={"clip.has_vision_encoder": True})
    add_model(settings.models, "plain", weights)
    add_model(settings.models, "sees", weights, projector=projector)
    add_formatted_model(settings.models, "draws", "diffusers", ["image"])
    return settings
