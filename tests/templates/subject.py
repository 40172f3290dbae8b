"""One chat template under test, with models that say what they are told to."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from puna.core.errors import PunaError
from puna.core.events import Done, Finished, ReasoningDelta, TextDelta, ToolCallDelta
from puna.core.messages import Message, Role, Text, ToolCall
from puna.core.requests import ChatRequest
from puna.core.sampling import Sampling
from puna.core.tools import Tool
from puna.engines.llama.chat.forms import END_OF_TURN, after_common
from puna.engines.llama.chat.probing import render
from puna.engines.llama.chat.route import offered, way
from puna.engines.llama.chat.template import template_body
from puna.engines.llama.chat.tool_prompt import written
from puna.engines.llama.engine import GeneratingEngine
from puna.engines.llama.markup import FIRST_TAG, PUNA_SHAPE
from puna.formats.gguf import Metadata
from tests.projector import write_projector
from tests.scripted_model import EOS, PIECE, write_scripted_model
from tests.stored_models import micro_launch

ENDS = (EOS, "[RESULT", "<|tool_response>", "<start_function_response>", "<|message_sep|>\n\nfunction result")
"""What ends a turn with calls, beside what ends turns everywhere."""


def user(text: str) -> Message:
    return Message(role="user", content=(Text(text),))


def said(text: str, *calls: ToolCall, role: Role = "assistant") -> Message:
    return Message(role=role, content=(Text(text),) if text else (), tool_calls=calls)


def result(call: ToolCall, text: str) -> Message:
    return Message(role="tool", content=(Text(text),), tool_call_id=call.id)


def call(name: str = "get_weather", number: int = 1, **arguments: object) -> ToolCall:
    return ToolCall(f"call_{number}", name, json.dumps(arguments, ensure_ascii=False))


def tool(name: str = "get_weather", **properties: object) -> Tool:
    """A tool whose arguments are all required, strings where nothing else is said."""
    schemas = properties or {"city": {"type": "string"}, "days": {"type": "integer"}}
    parameters = {"type": "object", "properties": schemas, "required": list(schemas)}
    return Tool(name=name, description=f"What {name} does.", parameters=parameters)


@dataclass
class Answer:
    """What a client gets."""

    text: str = ""
    reasoning: str = ""
    calls: list[tuple[str, str]] = field(default_factory=list)
    reason: str = ""
    prompt_tokens: int = 0

    @property
    def arguments(self) -> list[tuple[str, object]]:
        return [(name, json.loads(arguments)) for name, arguments in self.calls]


class Subject:
    """A template, and a folder for the models that have it. The model that says nothing in particular is kept."""

    def __init__(self, template: str, folder: Path, *, context: int = 8192) -> None:
        self.template = template
        self._context = context
        self._folder = folder
        self._models = 0
        self._kept: GeneratingEngine | None = None
        self._seeing: GeneratingEngine | None = None

    async def __aenter__(self) -> Self:
        self._kept = await self._start("Good morning.", ends=True)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.engine.close()
        if self._seeing:
            await self._seeing.close()

    @property
    def engine(self) -> GeneratingEngine:
        assert self._kept
        return self._kept

    async def answer(self, says: str, request: ChatRequest, *, ends: bool = True) -> Answer:
        """The answer of a model that says that."""
        if says == "Good morning." and ends:
            return await answer_of(self.engine, request)
        async with self.model(says, ends=ends) as engine:
            return await answer_of(engine, request)

    @asynccontextmanager
    async def model(self, says: str, *, ends: bool = True, first: int = PIECE) -> AsyncIterator[GeneratingEngine]:
        """A model of this template that says that, its first token of so many bytes."""
        engine = await self._start(says, ends=ends, first=first)
        try:
            yield engine
        finally:
            await engine.close()

    async def seeing(self) -> GeneratingEngine:
        """The model that says nothing in particular, with eyes."""
        if self._seeing is None:
            weights = self.engine.arguments.weights
            width = Metadata.read(weights).embedding_length
            assert width
            projector = write_projector(self._folder / "projector.gguf", embedding=width)
            engine = await replace(micro_launch(weights, context=self._context), projector=projector).start()
            assert isinstance(engine, GeneratingEngine)
            self._seeing = engine
        return self._seeing

    async def _start(self, says: str, *, ends: bool, first: int = PIECE) -> GeneratingEngine:
        self._models += 1  # the engine has its file mapped: none is written over
        weights = self._folder / f"{self._models}.gguf"
        write_scripted_model(weights, says, self.template, ends=ends, first=first)
        engine = await micro_launch(weights, context=self._context).start()
        assert isinstance(engine, GeneratingEngine)
        return engine


async def answer_of(engine: GeneratingEngine, request: ChatRequest) -> Answer:
    answer, names, arguments = Answer(), dict[int, str](), dict[int, str]()
    async for event in engine.chat(request):
        match event:
            case TextDelta():
                answer.text += event.text
            case ReasoningDelta():
                answer.reasoning += event.text
            case ToolCallDelta():
                names.setdefault(event.call, event.name or "")
                arguments[event.call] = arguments.get(event.call, "") + event.arguments
            case Finished():
                answer.reason = event.reason
            case Done():
                answer.prompt_tokens = event.usage.prompt_tokens
    answer.calls = [(names[number], arguments[number]) for number in names]
    return answer


def ask(*messages: Message, tools: Sequence[Tool] = (), most: int = 2000) -> ChatRequest:
    return ChatRequest(messages=messages, tools=tuple(tools), sampling=Sampling(temperature=0.0, max_tokens=most))


async def prompt_of(engine: GeneratingEngine, request: ChatRequest) -> str:
    """What the model gets to read."""
    return await way(await engine.conversation(), offered(request)).prompt()


async def turn(engine: GeneratingEngine, message: Message, tools: Sequence[Tool]) -> str:
    """What a model of this template says to answer with that message: what the template makes of it in a history."""
    conversation = await engine.conversation()
    if not conversation.traits.tools:
        calls = "\n".join(written(each.name, each.arguments, PUNA_SHAPE) for each in message.tool_calls)
        text = "\n".join(part for part in (message.text, calls) if part)
        prompt = await prompt_of(engine, ask(user("Well?"), tools=tools))
        thinking = conversation.traits.thinking
        return f"Hm.{thinking.end}\n{text}" if thinking and prompt.rstrip().endswith(thinking.start) else text
    results = [result(each, "RESULT") for each in message.tool_calls] or [user("And then?")]

    async def rendered(*messages: Message) -> str:
        body = template_body(ask(*messages, tools=tools), conversation.traits)
        return await render(conversation.client, body)

    asked = await rendered(user("Well?"))
    text = after_common(asked, await rendered(user("Well?"), message, *results))
    while (tag := FIRST_TAG.match(text)) and asked.endswith(tag[1]):
        text = text[tag.end() :]
    plain = await rendered(user("Well?"), said("ANSWER"), user("And then?"))
    end = FIRST_TAG.match(plain.partition("ANSWER")[2])
    marks = [*ENDS, *([end[1]] if end else []), *(found[0] for found in END_OF_TURN.finditer(text))]
    cuts = [place for mark in marks if (place := text.find(mark)) > 0]
    if not cuts:
        raise PunaError(f"no end of the turn in {text!r}")
    text = text[: min(cuts)]
    thinking = conversation.traits.thinking
    if (
        thinking
        and asked.rstrip().endswith(thinking.start)
        and not text.lstrip().startswith((thinking.start, thinking.end))
    ):
        return f"Hm.{thinking.end}\n{text}"
    return text
