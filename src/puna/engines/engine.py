"""What Puna asks of anything that runs a model: a life, and the tasks that it can do.

An engine inherits `Engine` and the protocol of each task that it does: `class Echo(Engine, Chats, Completes)`.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from functools import cache
from typing import Literal, Protocol, TypeVar, cast, runtime_checkable

from puna.core.capacity import Capacity
from puna.core.completions import CompletionEvent, CompletionRequest, PromptRead, ScoreRequest
from puna.core.embeddings import Embedded, EmbeddingRequest
from puna.core.errors import EngineLost, InvalidRequest
from puna.core.events import ChatEvent
from puna.core.images import ImageEvent, ImageRequest
from puna.core.requests import ChatRequest
from puna.core.snapshot import ServerState

Task = Literal["chat", "complete", "score", "embed", "draw"]


class Engine:
    """A model that is ready to be asked. What is written here suits an engine that never ends by itself."""

    checked = True
    """Whether what it says has to fit the schemas of its request. Not where a test decides what it says."""

    @property
    def capacity(self) -> Capacity:
        """What it can do at once, now: this may change while it lives."""
        return Capacity()

    @property
    def alive(self) -> bool:
        """Whether it can still be asked anything."""
        return True

    def used_memory(self) -> int | None:
        """How many bytes of the machine's memory it has in use now; None where nobody knows."""
        return None

    @property
    def servers(self) -> tuple[ServerState, ...]:
        """The servers that it asks, where it does the work elsewhere."""
        return ()

    def on_capacity(self, changed: Callable[[], None]) -> None:
        """Have `changed` called whenever the capacity has changed."""

    async def ended(self) -> EngineLost:
        """Wait until the engine has ended by itself, or had to be ended because it stopped answering; say why."""
        await asyncio.get_running_loop().create_future()
        raise AssertionError("nothing ends this wait but its cancellation")

    async def unload(self) -> None:
        """Free everything, as `close` does, when an engine of the same launch may follow. Nothing more is asked of
        this one."""
        await self.close()

    async def close(self) -> None:
        """Free everything the engine holds. An answer in progress is cut off."""


@runtime_checkable
class Chats(Protocol):
    """Answers conversations."""

    def chat(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        """Answer a conversation. Closing the iterator ends the generation.

        Raises:
            InvalidRequest: the engine refuses the request, `ContextLengthExceeded` among the reasons.
            EngineLost: the engine ended or broke off.
        """

    async def count_prompt(self, request: ChatRequest) -> int:
        """The tokens of a conversation's prompt. Raises as `chat` does."""


@runtime_checkable
class Completes(Protocol):
    """Goes on after prompts."""

    def complete(self, request: CompletionRequest) -> AsyncGenerator[CompletionEvent, None]:
        """Go on after prompts, which are given without log probabilities. Ends and raises as `chat` does."""


@runtime_checkable
class Scores(Protocol):
    """Says how likely given texts are."""

    def score(self, request: ScoreRequest) -> AsyncGenerator[PromptRead, None]:
        """The log probabilities of given texts, in order. Ends and raises as `chat` does."""


@runtime_checkable
class Embeds(Protocol):
    """Makes vectors of texts."""

    def embed(self, request: EmbeddingRequest) -> AsyncGenerator[Embedded, None]:
        """The vectors of the inputs, in order, some at a time. Ends and raises as `chat` does."""


@runtime_checkable
class Draws(Protocol):
    """Makes pictures."""

    def draw(self, request: ImageRequest) -> AsyncGenerator[ImageEvent, None]:
        """Draw pictures, one after the other. Closing the iterator ends the work after the step that it is at. The
        same request gives the same pictures. Raises as `chat` does."""


T = TypeVar("T")


def able(engine: Engine, task: type[T]) -> T:
    """The engine as one that does the task, `able(engine, Chats)`. Raises InvalidRequest where it does not."""
    if not does(type(engine), task):  # type: ignore[arg-type]  # mypy takes no class for hashable
        raise InvalidRequest(f"The engine of this model can't do that (it has no {task.__name__}).")
    return cast("T", engine)


@cache
def does(kind: type[Engine], task: type) -> bool:
    """Whether engines of that class do the task. Python looks at each method of a protocol to tell."""
    return issubclass(kind, task)
