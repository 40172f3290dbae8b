"""A model run by llama.cpp."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

from puna.core.completions import CompletionEvent, CompletionRequest, PromptRead, ScoreRequest, nothing_generated
from puna.core.embeddings import Embedded, EmbeddingRequest
from puna.core.errors import EngineFailed
from puna.core.events import Done, Event, Finished, TextDelta, Timings, Usage
from puna.core.requests import ChatRequest
from puna.core.sampling import Sampling
from puna.engines.llama.client import EngineClient
from puna.engines.llama.completion import Completion
from puna.engines.llama.embedding import Embedder
from puna.engines.llama.launch import LlamaLaunch
from puna.engines.llama.process import EngineProcess
from puna.engines.llama.prompts import PromptReader
from puna.engines.llama.scoring import Scorer


class LlamaEngine:
    """One engine process and the client that speaks to it."""

    def __init__(self, launch: LlamaLaunch, process: EngineProcess) -> None:
        self._launch = launch
        self._process = process
        self._client = EngineClient(process.address, process.key)
        self._reader = PromptReader(self._client, launch)
        self._embedder = Embedder(self._client, launch, self._reader)
        self._scorer: Scorer | None = None

    @classmethod
    async def start(cls, launch: LlamaLaunch) -> "LlamaEngine":
        return cls(launch, await EngineProcess.start(launch))

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

    async def complete(self, request: CompletionRequest) -> AsyncGenerator[CompletionEvent, None]:
        async with self._answering():
            if request.suffix is None:
                prompts = await self._reader.read(request.prompts)
            else:
                prompts = await self._reader.read_infill(request.prompts, request.suffix)
            for index, (prompt, tokens) in enumerate(zip(request.prompts, prompts, strict=True)):
                yield PromptRead(index, await self._reader.text(prompt), len(tokens))
            if request.sampling.max_tokens == 0:
                for end in nothing_generated(request, list(map(len, prompts))):
                    yield end
                return
            vocabulary = None if request.logprobs is None else await self._reader.vocabulary()
            completion = Completion(request, prompts, vocabulary)
            sampling = sampling_body(request.sampling, self.context_length)
            async with aclosing(completion.events(self._client, sampling, self._launch.sequences)) as events:
                async for event in events:
                    yield event

    async def score(self, request: ScoreRequest) -> AsyncGenerator[PromptRead, None]:
        async with self._answering():
            prompts = await self._reader.read(request.prompts)
            if self._scorer is None:
                self._scorer = Scorer(self._client, self._launch, await self._reader.vocabulary())
            async with aclosing(self._scorer.score(prompts, request.alternatives)) as scored:
                index = 0
                async for tokens in scored:
                    text = await self._reader.text(request.prompts[index])
                    yield PromptRead(index, text, len(tokens), tuple(tokens))
                    index += 1

    async def embed(self, request: EmbeddingRequest) -> AsyncGenerator[Embedded, None]:
        async with self._answering(), aclosing(self._embedder.embed(request.inputs)) as batches:
            async for batch in batches:
                yield batch

    async def close(self) -> None:
        await self._process.stop()
        await self._client.close()

    @asynccontextmanager
    async def _answering(self) -> AsyncIterator[None]:
        """Turns a broken connection into the reason why it broke."""
        try:
            yield
        except ConnectionError as error:
            raise await self._failure() from error

    async def _failure(self) -> EngineFailed:
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
        "logit_bias": [list(bias) for bias in sampling.logit_bias] if sampling.logit_bias else None,
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
