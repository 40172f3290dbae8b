"""An engine that says what it is told, and takes no memory: what a new engine is made of.

With it the one line `plan_echo` in the list of engines is all that a server needs.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from puna.core.capacity import Capacity
from puna.core.completions import CompletionEvent, CompletionRequest, PromptRead
from puna.core.events import Done, Event, Finished, TextDelta, Usage
from puna.core.footprint import Footprint
from puna.core.requests import ChatRequest
from puna.engines.engine import Chats, Completes, Engine, Task
from puna.engines.model import EngineModel
from puna.engines.settings import EngineSettings


class Echo(Engine, Chats, Completes):
    """Answers with the words that it is asked."""

    async def chat(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        words = request.messages[-1].text.split()
        for word in words:
            yield TextDelta(0, f"{word} ")
        yield Finished(0, "stop")
        yield Done(Usage(await self.count_prompt(request), len(words)))

    async def count_prompt(self, request: ChatRequest) -> int:
        return sum(len(message.text.split()) for message in request.messages)

    async def complete(self, request: CompletionRequest) -> AsyncGenerator[CompletionEvent, None]:
        prompts = [str(prompt) for prompt in request.prompts]
        for index, prompt in enumerate(prompts):
            yield PromptRead(index, prompt, len(prompt.split()))
            yield TextDelta(index, prompt[::-1])
            yield Finished(index, "stop")
        words = sum(len(prompt.split()) for prompt in prompts)
        yield Done(Usage(words, words))


@dataclass(frozen=True)
class EchoLaunch:
    """An echo by its model's name in the store."""

    digest: str
    capacity = Capacity()
    footprint = Footprint()

    def alternatives(self) -> "Sequence[EchoLaunch]":
        return (self,)

    async def start(self) -> Engine:
        return Echo()


def plan_echo(model: EngineModel, task: Task, settings: EngineSettings) -> EchoLaunch | None:
    """The launch of a model of the format `echo`."""
    return EchoLaunch(model.digest) if model.kind == "echo" and task in ("chat", "complete") else None
