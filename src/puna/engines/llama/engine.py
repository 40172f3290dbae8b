"""A model run by llama.cpp."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from functools import partial

from puna.core.errors import EngineFailed, InvalidRequest
from puna.core.events import Event
from puna.core.formats import FreeText
from puna.core.messages import Audio, Image
from puna.core.requests import ChatRequest
from puna.engines.llama.batches import in_batches
from puna.engines.llama.client import EngineClient
from puna.engines.llama.launch import LlamaLaunch
from puna.engines.llama.native import native_chat
from puna.engines.llama.process import EngineProcess
from puna.engines.llama.prompt_length import prompt_length
from puna.engines.llama.prompted import prompted_chat
from puna.engines.llama.traits import Traits, read_traits


class LlamaEngine:
    """One engine process and the client that speaks to it."""

    def __init__(self, launch: LlamaLaunch, process: EngineProcess) -> None:
        self._launch = launch
        self._process = process
        self._client = EngineClient(process.address, process.key)
        self._traits: Traits | None = None

    @classmethod
    async def start(cls, launch: LlamaLaunch) -> "LlamaEngine":
        """Load the model and ask what it can do.

        Raises:
            EngineFailed: the engine ended before it served.
        """
        engine = cls(launch, await EngineProcess.start(launch))
        try:
            await engine.traits()
        except ConnectionError as error:
            failure = await engine._failure()
            await engine.close()
            raise failure from error
        except BaseException:
            await engine.close()
            raise
        return engine

    async def traits(self) -> Traits:
        """What the model and its template can do."""
        if self._traits is None:
            self._traits = await read_traits(self._client)
        return self._traits

    @property
    def context_length(self) -> int:
        return self._launch.context_length

    @property
    def alive(self) -> bool:
        return self._process.alive

    async def chat(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        try:
            traits = await self.traits()
            check(request, traits)
            request = offered(request)
            answer = native_chat if is_native(request, traits) else prompted_chat
            answered = partial(answer, self._client, traits, self.context_length)
            async with aclosing(in_batches(request, self._launch.sequences, answered)) as events:
                async for event in events:
                    yield event
        except ConnectionError as error:
            raise await self._failure() from error

    async def count_prompt(self, request: ChatRequest) -> int:
        try:
            traits = await self.traits()
            request = offered(request)
            return await prompt_length(self._client, request, traits, native=is_native(request, traits))
        except ConnectionError as error:
            raise await self._failure() from error

    async def close(self) -> None:
        await self._process.stop()
        await self._client.close()

    async def _failure(self) -> EngineFailed:
        await self._process.settle()
        return self._process.failure("the engine broke off its answer")


def check(request: ChatRequest, traits: Traits) -> None:
    """Raises `InvalidRequest` for what llama-server would pass over in silence, or refuse in words of its own."""
    parts = [part for message in request.messages for part in message.content]
    if not traits.vision and any(isinstance(part, Image) for part in parts):
        raise InvalidRequest("This model has no eyes: it can't read images.", param="messages", code="no_vision")
    if not traits.audio and any(isinstance(part, Audio) for part in parts):
        raise InvalidRequest("This model has no ears: it can't hear audio.", param="messages", code="no_audio")
    for token, _ in request.sampling.logit_bias or ():
        if token >= traits.vocabulary:
            message = (
                f"Invalid token id in 'logit_bias': {token}. This model has the ids 0 to {traits.vocabulary - 1}."
            )
            raise InvalidRequest(message, param="logit_bias", code="invalid_value")


def offered(request: ChatRequest) -> ChatRequest:
    """The request with no tools but those the model may call."""
    choice = request.tool_choice
    if choice.mode == "none":
        return replace(request, tools=())
    if choice.names is None:
        return request
    return replace(request, tools=tuple(tool for tool in request.tools if tool.name in choice.names))


def is_native(request: ChatRequest, traits: Traits) -> bool:
    """Whether llama-server's chat route does all that is asked for. It forces no call, knows no strict tools,
    ignores tools that the template does not render, and loses log probabilities of parts of characters."""
    if not isinstance(request.format, FreeText) or (request.effort == "none" and traits.always_thinks):
        return False
    if not request.tools:
        uses_tools = any(message.tool_calls or message.role == "tool" for message in request.messages)
        return request.logprobs is None and (traits.tools or not uses_tools)
    if not traits.tools or request.tool_choice.mode == "required":
        return False
    strict = any(tool.strict for tool in request.tools)
    return traits.call_shape is None or not (strict or request.logprobs is not None)
