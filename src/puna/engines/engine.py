"""What Puna asks of anything that runs a model. A new engine is a new module that fits these protocols."""

from collections.abc import AsyncGenerator
from typing import Protocol

from puna.core.completions import CompletionEvent, CompletionRequest, PromptRead, ScoreRequest
from puna.core.embeddings import Embedded, EmbeddingRequest
from puna.core.errors import EngineLost
from puna.core.events import Event
from puna.core.requests import ChatRequest


class Engine(Protocol):
    """A model in memory."""

    @property
    def context_length(self) -> int:
        """How many tokens a prompt and its completion may have together."""

    @property
    def alive(self) -> bool:
        """Whether the engine can still be asked anything."""

    def chat(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        """Answer a conversation. Closing the iterator ends the generation.

        Raises:
            InvalidRequest: the engine refuses the request, `ContextLengthExceeded` among the reasons.
            EngineLost: the engine ended or broke off.
        """

    def complete(self, request: CompletionRequest) -> AsyncGenerator[CompletionEvent, None]:
        """Go on after prompts, which are given without log probabilities. Ends and raises as `chat` does."""

    def score(self, request: ScoreRequest) -> AsyncGenerator[PromptRead, None]:
        """The log probabilities of given texts, in order. Ends and raises as `chat` does."""

    def embed(self, request: EmbeddingRequest) -> AsyncGenerator[Embedded, None]:
        """The vectors of the inputs, in order, some at a time. Ends and raises as `chat` does."""

    async def ended(self) -> EngineLost:
        """Wait until the engine has ended by itself, or had to be ended because it stopped answering; say why."""

    async def count_prompt(self, request: ChatRequest) -> int:
        """The tokens of a conversation's prompt. Raises EngineFailed."""

    async def close(self) -> None:
        """Free everything the engine holds. An answer in progress is cut off."""
