"""A model that runs on other servers, one or several."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import partial
from time import monotonic
from typing import Self, TypeVar

from puna.core.capacity import Capacity
from puna.core.completions import CompletionEvent, CompletionRequest, PromptRead, ScoreRequest
from puna.core.embeddings import Embedded, EmbeddingRequest
from puna.core.errors import EngineLost, PunaError
from puna.core.events import ChatEvent
from puna.core.images import ImageEvent, ImageRequest
from puna.core.remote import Address, Timeouts
from puna.core.requests import ChatRequest
from puna.core.snapshot import ServerState
from puna.engines.engine import Chats, Completes, Draws, Embeds, Engine, Scores
from puna.engines.remote.balancer import Balancer, beginning
from puna.engines.remote.chat import chat
from puna.engines.remote.completion import complete
from puna.engines.remote.counting import count_tokens
from puna.engines.remote.drawing import draw
from puna.engines.remote.embedding import INPUTS, embed
from puna.engines.remote.refusal import ServerBusy, ServerFailed
from puna.engines.remote.scoring import score
from puna.engines.remote.upstream import Upstream

E = TypeVar("E")
T = TypeVar("T")

SHORTEST_PAUSE = 0.05
"""The least time in seconds between two looks at the servers."""


class RemoteEngine(Engine, Chats, Completes, Scores, Embeds, Draws):
    """Asks the servers at the addresses of a model, in place of a model."""

    def __init__(self, addresses: Sequence[Address], timeouts: Timeouts) -> None:
        self._upstreams = [Upstream(address, timeouts) for address in addresses]
        self._balancer = Balancer(self._upstreams)
        self._pause = timeouts.check
        self._checking: asyncio.Task[None] | None = None

    async def ready(self) -> Self:
        """This engine, once one of its servers has said what it can do. Raises what the last one failed with."""
        found = await asyncio.gather(*(upstream.traits() for upstream in self._upstreams), return_exceptions=True)
        failures = [each for each in found if isinstance(each, BaseException)]
        if len(failures) == len(found):
            await self.close()
            raise failures[-1]
        self._checking = asyncio.create_task(self._check())
        return self

    @property
    def servers(self) -> tuple[ServerState, ...]:
        return tuple(upstream.state for upstream in self._upstreams)

    @property
    def capacity(self) -> Capacity:
        lengths = [known.context_length for each in self._upstreams if (known := each.known) and known.context_length]
        return Capacity(context_length=min(lengths, default=None))

    async def close(self) -> None:
        if self._checking:
            self._checking.cancel()
        for upstream in self._upstreams:
            upstream.close()

    def chat(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        conversation = beginning(request) if len(self._upstreams) > 1 else None
        return self._asked(lambda upstream: chat(upstream, request), conversation)

    async def count_prompt(self, request: ChatRequest) -> int:
        return await self._answered(lambda upstream: count_tokens(upstream, request))

    def complete(self, request: CompletionRequest) -> AsyncGenerator[CompletionEvent, None]:
        return self._asked(lambda upstream: complete(upstream, request))

    async def score(self, request: ScoreRequest) -> AsyncGenerator[PromptRead, None]:
        for index, prompt in enumerate(request.prompts):
            yield await self._answered(partial(score, index=index, prompt=prompt, alternatives=request.alternatives))

    async def embed(self, request: EmbeddingRequest) -> AsyncGenerator[Embedded, None]:
        for first in range(0, len(request.inputs), INPUTS):
            batch = request.inputs[first : first + INPUTS]
            yield await self._answered(partial(embed, inputs=batch))

    def draw(self, request: ImageRequest) -> AsyncGenerator[ImageEvent, None]:
        return self._asked(lambda upstream: draw(upstream, request))

    async def _asked(
        self, ask: Callable[[Upstream], AsyncGenerator[E, None]], conversation: bytes | None = None
    ) -> AsyncGenerator[E, None]:
        """The events of an answer, by the first server that gives one.

        Raises EngineLost where a server breaks off what it has begun, and what the servers said where none begins.
        """
        tried: list[Upstream] = []
        problems: list[PunaError] = []
        while upstream := self._balancer.choose(conversation, tried):
            begun = False
            try:
                async with aclosing(ask(upstream)) as events:
                    async for event in events:
                        begun = begun or not isinstance(event, PromptRead)
                        yield event
                return
            except (ServerFailed, ServerBusy) as error:
                if begun:
                    raise EngineLost(error.message) from error
                problems.append(error)
                tried.append(upstream)
        raise worst(problems)

    async def _answered(self, ask: Callable[[Upstream], Awaitable[T]]) -> T:
        """The answer of the first server that gives one."""
        tried: list[Upstream] = []
        problems: list[PunaError] = []
        while upstream := self._balancer.choose(None, tried):
            try:
                return await ask(upstream)
            except (ServerFailed, ServerBusy) as error:
                problems.append(error)
                tried.append(upstream)
        raise worst(problems)

    async def _check(self) -> None:
        """Look after servers that are down, and where there are several after those that were not heard of."""
        while True:
            await asyncio.sleep(max(SHORTEST_PAUSE, self._pause))
            due = [upstream for upstream in self._upstreams if self._is_due(upstream)]
            await asyncio.gather(*(upstream.check() for upstream in due))

    def _is_due(self, upstream: Upstream) -> bool:
        if upstream.problem is not None:
            return True
        return len(self._upstreams) > 1 and not upstream.active and upstream.heard < monotonic() - self._pause


def worst(problems: Sequence[PunaError]) -> PunaError:
    """What to say where no server did it: that all are busy, where they are, else why the last one failed."""
    busy = [problem for problem in problems if isinstance(problem, ServerBusy)]
    if len(busy) == len(problems):
        return min(busy, key=lambda problem: problem.retry_after)
    return next(problem for problem in reversed(problems) if not isinstance(problem, ServerBusy))
