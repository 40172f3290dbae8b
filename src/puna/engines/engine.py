"""What Puna asks of anything that runs a model. A new engine is a new module that fits these protocols."""

from collections.abc import AsyncGenerator
from typing import Protocol

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
            EngineFailed: the engine ended or broke off.
        """

    async def count_prompt(self, request: ChatRequest) -> int:
        """The tokens of a conversation's prompt. Raises EngineFailed."""

    async def close(self) -> None:
        """Free everything the engine holds. An answer in progress is cut off."""
