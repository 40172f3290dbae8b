"""An engine that says what a test's script tells it to, in the place of a model.

Its answers take the way of every answer, so streams, tools, refusals and Responses look as a real model's do.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass

from puna.core.capacity import Capacity
from puna.core.completions import CompletionEvent, CompletionRequest, PromptRead
from puna.core.events import (
    Done,
    Event,
    Finished,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from puna.core.footprint import Footprint
from puna.core.requests import ChatRequest
from puna.engines.engine import Chats, Completes, Engine, Task
from puna.engines.model import EngineModel
from puna.engines.settings import EngineSettings
from puna.testing.script import ScriptedAnswer, tokens_of

ANSWER: ContextVar[ScriptedAnswer | None] = ContextVar("answer", default=None)
"""What is scripted for the request that is being answered."""


class ScriptedEngine(Engine, Chats, Completes):
    """Says what the script has for the request, whether it fits a schema or not: that is for a test to decide."""

    checked = False

    async def chat(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        answer = scripted()
        for index in range(request.choices):
            for event in spoken(answer, index):
                yield event
                await asyncio.sleep(0)
            yield Finished(index, "length" if answer.cut else "tool_calls" if answer.calls else "stop")
        thoughts = len(tokens_of(answer.reasoning))
        count = len([*spoken(answer, 0)])
        prompt = await self.count_prompt(request)
        yield Done(Usage(prompt, request.choices * count, reasoning_tokens=request.choices * thoughts))

    async def count_prompt(self, request: ChatRequest) -> int:
        return sum(len(tokens_of(message.text)) for message in request.messages)

    async def complete(self, request: CompletionRequest) -> AsyncGenerator[CompletionEvent, None]:
        answer = scripted()
        pieces = tokens_of(answer.text or answer.refusal or "")
        count = 0
        for index, prompt in enumerate(request.prompts):
            count += len(tokens_of(prompt)) if isinstance(prompt, str) else len(prompt)
            yield PromptRead(index, prompt if isinstance(prompt, str) else "", count)
            for choice in range(index * request.choices, (index + 1) * request.choices):
                for piece in pieces:
                    yield TextDelta(choice, piece)
                    await asyncio.sleep(0)
                yield Finished(choice, "length" if answer.cut else "stop")
        yield Done(Usage(count, len(pieces) * len(request.prompts) * request.choices))


def scripted() -> ScriptedAnswer:
    """The answer to the request that is being answered."""
    answer = ANSWER.get()
    assert answer
    return answer


def spoken(answer: ScriptedAnswer, index: int) -> Iterator[Event]:
    """What one choice says."""
    for piece in tokens_of(answer.reasoning):
        yield ReasoningDelta(index, piece)
    for piece in tokens_of(answer.text or ""):
        yield TextDelta(index, piece)
    for piece in tokens_of(answer.refusal or ""):
        yield RefusalDelta(index, piece)
    for number, call in enumerate(answer.calls):
        yield ToolCallDelta(index, number, "", f"call_{secrets.token_hex(12)}", call.name)
        for piece in call.pieces:
            yield ToolCallDelta(index, number, piece)


@dataclass(frozen=True)
class ScriptedLaunch:
    """The one scripted engine. It takes no memory."""

    capacity = Capacity()
    footprint = Footprint()

    def alternatives(self) -> "Sequence[ScriptedLaunch]":
        return (self,)

    async def start(self) -> Engine:
        return ScriptedEngine()


def plan_scripted(model: EngineModel, task: Task, settings: EngineSettings) -> ScriptedLaunch | None:
    """The scripted engine, whichever model is asked, where the script has something to say to the request."""
    answer = ANSWER.get()
    return ScriptedLaunch() if answer and answer.spoken and task in ("chat", "complete") else None
