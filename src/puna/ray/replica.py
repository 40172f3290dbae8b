"""A model in a process of its own, on whichever node Ray Serve puts it."""

import asyncio
import math
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from puna.assembly import create_scheduler
from puna.core.completions import CompletionRequest, ScoreRequest
from puna.core.embeddings import EmbeddingRequest
from puna.core.errors import PunaError
from puna.core.images import ImageRequest
from puna.core.requests import ChatRequest
from puna.engines.engine import Chats, Completes, Draws, Embeds, Engine, Scores, Task, able
from puna.engines.plan import plan
from puna.inference.inference import TASKS, make_ready
from puna.inference.work import ChatWork
from puna.library.library import Library
from puna.library.names import ModelName
from puna.machine import engine_settings
from puna.ray.store import stored
from puna.scheduler import Claim
from puna.settings import Settings

Request = ChatRequest | CompletionRequest | ScoreRequest | EmbeddingRequest | ImageRequest


class Replica:
    """Holds the engines of one model, and answers with them until Serve ends it."""

    def __init__(self, model: str) -> None:
        settings = replace(Settings.from_environment(os.environ), keep_alive=math.inf)
        self._name = ModelName.parse(model)
        self._library = Library(settings.models)
        self._settings = engine_settings(settings)
        self._scheduler = create_scheduler(settings)
        self._loaded = False

    async def check_health(self) -> None:
        """Serve asks this before a replica gets a request, and every few seconds: the model is loaded by then."""
        if not self._loaded:
            model = await asyncio.to_thread(stored, self._library, self._name)
            await make_ready(model)
            task: Task = next((TASKS[each] for each in model.capabilities if each in TASKS), "embed")
            async with self._lease(task, Claim(tokens=0)):
                self._loaded = True

    async def answers(self, work: str, request: Request) -> AsyncGenerator[list[Any] | PunaError, None]:
        """What an engine makes of a request, some events at a time. What goes wrong is the last of it."""
        task, do = WORK[work]
        try:
            async with self._lease(task, claim_of(request)) as lease, aclosing(do(lease.engine, request)) as events:
                async for event in events:
                    yield [event]
        except PunaError as error:
            yield error

    def _lease(self, task: Task, claim: Claim) -> Any:
        launch = plan(self._library.get(self._name), task, self._settings)
        return self._scheduler.lease(launch, claim, model=str(self._name))


async def count_prompt(engine: Engine, request: Any) -> AsyncGenerator[int, None]:
    """How many tokens the prompt of a conversation has, as a work like the others."""
    yield await able(engine, Chats).count_prompt(request)


WORK: dict[str, tuple[Task, Callable[[Engine, Any], AsyncGenerator[Any, None]]]] = {
    "chat": ("chat", lambda engine, request: able(engine, Chats).chat(request)),
    "count_prompt": ("chat", count_prompt),
    "complete": ("complete", lambda engine, request: able(engine, Completes).complete(request)),
    "score": ("score", lambda engine, request: able(engine, Scores).score(request)),
    "embed": ("embed", lambda engine, request: able(engine, Embeds).embed(request)),
    "draw": ("draw", lambda engine, request: able(engine, Draws).draw(request)),
}
"""What can be asked of a replica: by an engine of which task, and how."""


def claim_of(request: Request) -> Claim:
    """What a request takes of an engine for itself: a whole context for each sequence, unless it says how long its
    answer may become."""
    match request:
        case ChatRequest(choices=choices, sampling=sampling):
            prompt = ChatWork(request).prompt_bound
            if prompt is None or sampling.max_tokens is None:
                return Claim(choices)
            return Claim(choices, prompt + choices * sampling.max_tokens)
        case CompletionRequest(prompts=prompts, choices=choices):
            return Claim(len(prompts) * choices)
        case EmbeddingRequest(inputs=inputs):
            return Claim(len(inputs))
        case ScoreRequest() | ImageRequest():
            return Claim()
