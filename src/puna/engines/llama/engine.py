"""A model run by llama.cpp."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from puna.core.errors import EngineFailed
from puna.core.events import Event
from puna.core.requests import ChatRequest
from puna.engines.llama.client import EngineClient
from puna.engines.llama.launch import LlamaLaunch
from puna.engines.llama.native import native_chat
from puna.engines.llama.process import EngineProcess
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
        answer = native_chat(self._client, request, self._traits, self.context_length)
        try:
            async with aclosing(answer) as events:
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
