"""A model run by llama.cpp."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from puna.core.errors import EngineFailed
from puna.core.events import Event
from puna.core.formats import FreeText
from puna.core.requests import ChatRequest
from puna.engines.llama.client import EngineClient
from puna.engines.llama.launch import LlamaLaunch
from puna.engines.llama.native import native_chat
from puna.engines.llama.process import EngineProcess
from puna.engines.llama.prompted import prompted_chat
from puna.engines.llama.traits import Traits, read_traits


class LlamaEngine:
    """One engine process and the client that speaks to it."""

    def __init__(self, launch: LlamaLaunch, process: EngineProcess, client: EngineClient, traits: Traits) -> None:
        self._launch = launch
        self._process = process
        self._client = client
        self._traits = traits

    @classmethod
    async def start(cls, launch: LlamaLaunch) -> "LlamaEngine":
        """Load the model and ask what it can do.

        Raises:
            EngineFailed: the engine ended before it served.
        """
        process = await EngineProcess.start(launch)
        client = EngineClient(process.address, process.key)
        try:
            return cls(launch, process, client, await read_traits(client))
        except BaseException as error:
            await process.stop()
            await client.close()
            if isinstance(error, ConnectionError):
                raise process.failure("the engine ended before it served") from error
            raise

    @property
    def context_length(self) -> int:
        return self._launch.context_length

    @property
    def alive(self) -> bool:
        return self._process.alive

    async def chat(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        request = offered(request)
        answer = native_chat if is_native(request, self._traits) else prompted_chat
        try:
            async with aclosing(answer(self._client, request, self._traits, self.context_length)) as events:
                async for event in events:
                    yield event
        except ConnectionError as error:
            raise await self._failure() from error

    async def close(self) -> None:
        await self._process.stop()
        await self._client.close()

    async def _failure(self) -> EngineFailed:
        await self._process.settle()
        return self._process.failure("the engine broke off its answer")


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
