"""Answers that a test decides: an engine that says them, in the place of a model.

They take the way of every answer, so streams, tools, Responses and errors look as a real model's do.
"""

import asyncio
import json
import re
import secrets
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from puna.core.capacity import Capacity
from puna.core.completions import CompletionEvent, CompletionRequest, PromptRead
from puna.core.events import Done, Event, Finished, TextDelta, ToolCallDelta, Usage
from puna.core.footprint import Footprint
from puna.core.requests import ChatRequest
from puna.engines.engine import Chats, Completes, Engine, Task
from puna.engines.model import EngineModel
from puna.engines.settings import EngineSettings

TOKEN = re.compile(r"\s*\S+\s*?|\s+")
"""What counts as a token of scripted text: a word with the blanks before it."""


@dataclass(slots=True)
class Call:
    """A call of a tool with those arguments."""

    name: str
    arguments: dict[str, Any]


@dataclass(slots=True)
class ScriptedAnswer:
    """One scripted answer: a text, or calls of tools, or an error of that HTTP `status`. It comes after `delay`
    seconds, and breaks off after `break_after` tokens."""

    text: str = ""
    calls: list[Call] = field(default_factory=list)
    status: int | None = None
    retry_after: float | None = None
    message: str = ""
    delay: float = 0.0
    break_after: int | None = None


class Script:
    """The answers to the next requests, first in, first out. When none is left the model itself answers."""

    def __init__(self) -> None:
        self.answers: deque[ScriptedAnswer] = deque()
        self._delay = 0.0
        self._break_after: int | None = None

    def say(self, text: str) -> "Script":
        """The next request is answered with that text."""
        return self._add(ScriptedAnswer(text=text))

    def call(self, name: str, /, **arguments: Any) -> "Script":
        """The next request is answered with a call of that tool. Two calls in a row are two answers."""
        return self._add(ScriptedAnswer(calls=[Call(name, arguments)]))

    def calls(self, *calls: tuple[str, dict[str, Any]]) -> "Script":
        """The next request is answered with several calls at once, each a name and its arguments."""
        return self._add(ScriptedAnswer(calls=[Call(name, arguments) for name, arguments in calls]))

    def error(self, status: int, *, retry_after: float | None = None, message: str = "") -> "Script":
        """The next request is answered with that HTTP status, and a `Retry-After` header of so many seconds."""
        return self._add(ScriptedAnswer(status=status, retry_after=retry_after, message=message))

    def delay(self, seconds: float) -> "Script":
        """The answer that is scripted next comes so many seconds later."""
        self._delay = seconds
        return self

    def break_after(self, tokens: int) -> "Script":
        """The connection breaks after so many tokens of the answer that is scripted next, or of the model's own."""
        self._break_after = tokens
        return self

    def clear(self) -> None:
        """Forget what is left."""
        self.answers.clear()
        self._delay, self._break_after = 0.0, None

    def next(self) -> ScriptedAnswer | None:
        """The answer to the next request. None: the model's own."""
        if self.answers:
            return self.answers.popleft()
        if self._delay or self._break_after is not None:
            return self._timed(ScriptedAnswer())
        return None

    def _add(self, answer: ScriptedAnswer) -> "Script":
        self.answers.append(self._timed(answer))
        return self

    def _timed(self, answer: ScriptedAnswer) -> ScriptedAnswer:
        answer.delay, answer.break_after = self._delay, self._break_after
        self._delay, self._break_after = 0.0, None
        return answer


class ScriptedEngine(Engine, Chats, Completes):
    """Says what it is told. `speeches` are the answers to come, each for one request."""

    speeches: ClassVar[deque[ScriptedAnswer]] = deque()

    async def chat(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        answer = self.speeches.popleft()
        prompt = sum(len(tokens_of(message.text)) for message in request.messages)
        pieces = tokens_of(answer.text)
        for index in range(request.choices):
            for piece in pieces:
                yield TextDelta(index, piece)
                await asyncio.sleep(0)
            for number, call in enumerate(answer.calls):
                arguments = json.dumps(call.arguments, separators=(",", ":"))
                yield ToolCallDelta(index, number, "", f"call_{secrets.token_hex(12)}", call.name)
                yield ToolCallDelta(index, number, arguments)
            yield Finished(index, "tool_calls" if answer.calls else "stop")
        yield Done(Usage(prompt, request.choices * (len(pieces) + len(answer.calls))))

    async def count_prompt(self, request: ChatRequest) -> int:
        return sum(len(tokens_of(message.text)) for message in request.messages)

    async def complete(self, request: CompletionRequest) -> AsyncGenerator[CompletionEvent, None]:
        answer = self.speeches.popleft()
        pieces = tokens_of(answer.text)
        count = 0
        for index, prompt in enumerate(request.prompts):
            count += len(tokens_of(prompt)) if isinstance(prompt, str) else len(prompt)
            yield PromptRead(index, prompt if isinstance(prompt, str) else "", count)
            for choice in range(index * request.choices, (index + 1) * request.choices):
                for piece in pieces:
                    yield TextDelta(choice, piece)
                yield Finished(choice, "stop")
        yield Done(Usage(count, len(pieces) * len(request.prompts) * request.choices))


def tokens_of(text: str) -> list[str]:
    """The pieces in which a text is said."""
    return TOKEN.findall(text)


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
    """The scripted engine, whichever model is asked, as long as there is something for it to say."""
    return ScriptedLaunch() if ScriptedEngine.speeches and task in ("chat", "complete") else None
