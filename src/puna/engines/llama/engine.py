"""A model run by llama.cpp."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from puna.core.errors import EngineLost
from puna.core.events import Done, Event, Finished, TextDelta, Timings, Usage
from puna.core.requests import ChatRequest
from puna.core.sampling import Sampling
from puna.engines.llama.client import EngineClient
from puna.engines.llama.launch import LlamaLaunch
from puna.engines.llama.process import EngineProcess


class LlamaEngine:
    """One engine process and the client that speaks to it."""

    def __init__(self, launch: LlamaLaunch, process: EngineProcess, stall_timeout: float) -> None:
        self._launch = launch
        self._stall_timeout = stall_timeout
        self._process = process
        self._client = EngineClient(process.address, process.key)

    @classmethod
    async def start(cls, launch: LlamaLaunch, *, load_timeout: float, stall_timeout: float) -> "LlamaEngine":
        """Load a model.

        `load_timeout` is for how many seconds loading may stand still, `stall_timeout` for how many an engine may
        give no sign of life while it has work. Raises EngineFailed where the model can't be loaded.
        """
        return cls(launch, await EngineProcess.start(launch, stall_seconds=load_timeout), stall_timeout)

    @property
    def context_length(self) -> int:
        return self._launch.context_length

    @property
    def alive(self) -> bool:
        return self._process.alive

    async def chat(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        done = False
        try:
            async with aclosing(
                self._client.stream("/v1/chat/completions", chat_body(request, self.context_length))
            ) as chunks:
                async for chunk in chunks:
                    for choice in chunk["choices"]:
                        if text := choice["delta"].get("content"):
                            yield TextDelta(choice["index"], text)
                        if reason := choice["finish_reason"]:
                            yield Finished(choice["index"], reason)
                    if usage := chunk.get("usage"):
                        done = True
                        yield Done(read_usage(usage), read_timings(chunk.get("timings")))
        except ConnectionError as error:
            raise await self._failure() from error
        if not done:
            raise await self._failure()

    async def ended(self) -> EngineLost:
        probing = asyncio.create_task(self._kill_if_stalled())
        try:
            await self._process.ended()
        finally:
            probing.cancel()
        return self._process.failure("the engine ended")

    async def close(self) -> None:
        await self._process.stop()
        await self._client.close()

    async def _kill_if_stalled(self) -> None:
        """Ask an engine that is silent though it has work whether it lives, and end it when it does not say so."""
        patience = self._stall_timeout / 2
        while True:
            await asyncio.sleep(patience)
            if self._client.silence >= patience and not await self._client.answers(patience):
                self._process.kill(f"the engine gave no sign of life for {self._stall_timeout:g} seconds")

    async def _failure(self) -> EngineLost:
        await self._process.settle()
        return self._process.failure("the engine broke off its answer")


def chat_body(request: ChatRequest, context_length: int) -> dict[str, Any]:
    """A chat request in the words of llama-server's chat route."""
    messages = [
        {"role": message.role, "content": message.text} | ({"name": message.name} if message.name is not None else {})
        for message in request.messages
    ]
    stream = {"stream": True, "stream_options": {"include_usage": True}}
    return {"messages": messages, **sampling_body(request.sampling, context_length), **stream}


def sampling_body(sampling: Sampling, context_length: int) -> dict[str, Any]:
    """Sampling settings in llama-server's words. What is unset is left out."""
    window = sampling.repeat_last_n
    body = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "min_p": sampling.min_p,
        "typical_p": sampling.typical_p,
        "frequency_penalty": sampling.frequency_penalty,
        "presence_penalty": sampling.presence_penalty,
        "repeat_penalty": sampling.repeat_penalty,
        "repeat_last_n": context_length if window == -1 else window,
        "seed": sampling.seed,
        "stop": list(sampling.stop) if sampling.stop else None,
        "n_predict": sampling.max_tokens,
    }
    return {name: value for name, value in body.items() if value is not None}


def read_usage(usage: dict[str, Any]) -> Usage:
    """OpenAI's usage object, as llama-server fills it in."""
    details = usage.get("prompt_tokens_details") or {}
    return Usage(usage["prompt_tokens"], usage["completion_tokens"], details.get("cached_tokens", 0))


def read_timings(timings: dict[str, Any] | None) -> Timings:
    """llama-server's timings, which are in milliseconds."""
    if timings is None:
        return Timings()
    return Timings(timings["prompt_ms"] / 1000, timings["predicted_ms"] / 1000)
