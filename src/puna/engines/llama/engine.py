"""A model run by llama.cpp."""

import asyncio
import math
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

from puna.core.completions import CompletionEvent, CompletionRequest, PromptRead, ScoreRequest, nothing_generated
from puna.core.embeddings import Embedded, EmbeddingRequest
from puna.core.errors import EngineLost
from puna.core.events import Event
from puna.core.requests import ChatRequest
from puna.engines.llama.chat.conversation import Conversation
from puna.engines.llama.chat.route import answer, check_bias, count_tokens
from puna.engines.llama.chat.traits import Traits, read_traits
from puna.engines.llama.completion.completion import Completion
from puna.engines.llama.completion.prompts import PromptReader
from puna.engines.llama.completion.scoring import Scorer
from puna.engines.llama.embedding import Embedder
from puna.engines.llama.launch import LlamaLaunch
from puna.engines.llama.sampling import sampling_body
from puna.engines.process.client import EngineClient
from puna.engines.process.process import EngineProcess


class LlamaEngine:
    """One engine process and the client that speaks to it."""

    def __init__(self, launch: LlamaLaunch, process: EngineProcess, stall_timeout: float = 30.0) -> None:
        self._launch = launch
        self._stall_timeout = stall_timeout
        self._process = process
        self._client = EngineClient(process.address, process.key)
        self._traits: Traits | None = None
        self._reader = PromptReader(self._client, launch)
        self._embedder = Embedder(self._client, launch, self._reader)
        self._scorer: Scorer | None = None

    @classmethod
    async def start(
        cls, launch: LlamaLaunch, *, load_timeout: float = 300.0, stall_timeout: float = 30.0
    ) -> "LlamaEngine":
        """Load the model and ask what it can do.

        `load_timeout` is for how many seconds loading may stand still, `stall_timeout` for how many an engine may
        give no sign of life while it has work.

        Raises:
            EngineFailed: the engine ended before it served.
            EngineLost: something killed it, or it made no progress.
        """
        engine = cls(launch, await EngineProcess.start(launch, stall_seconds=load_timeout), stall_timeout)
        try:
            await asyncio.wait_for(engine._ready(), load_timeout if load_timeout < math.inf else None)
        except (ConnectionError, TimeoutError) as error:
            if isinstance(error, TimeoutError):
                engine._process.kill("the engine serves, but does not answer")
            failure = await engine._failure()
            await engine.close()
            raise failure from error
        except BaseException:
            await engine.close()
            raise
        return engine

    async def _ready(self) -> None:
        """Return when it answers; an engine that generates says what it can do."""
        if self._launch.pooling is None:
            await self.traits()
        else:
            await self._client.get("/health")

    async def traits(self) -> Traits:
        """What the model and its template can do."""
        if self._traits is None:
            self._traits = await read_traits(self._client)
        return self._traits

    async def _conversation(self) -> Conversation:
        return Conversation(
            client=self._client,
            traits=await self.traits(),
            context_length=self.context_length,
            sequences=self._launch.sequences,
            vocabulary=self._reader.vocabulary,
        )

    @property
    def context_length(self) -> int:
        return self._launch.context_length

    @property
    def alive(self) -> bool:
        return self._process.alive

    async def chat(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        async with self._answering(), aclosing(answer(await self._conversation(), request)) as events:
            async for event in events:
                yield event

    async def complete(self, request: CompletionRequest) -> AsyncGenerator[CompletionEvent, None]:
        async with self._answering():
            check_bias(request.sampling, await self.traits())
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

    async def ended(self) -> EngineLost:
        probing = asyncio.create_task(self._kill_if_stalled())
        try:
            await self._process.ended()
        finally:
            probing.cancel()
        return self._process.failure("the engine ended")

    async def count_prompt(self, request: ChatRequest) -> int:
        async with self._answering():
            return await count_tokens(await self._conversation(), request)

    async def close(self) -> None:
        await self._process.stop()

    @asynccontextmanager
    async def _answering(self) -> AsyncIterator[None]:
        """Turns a broken connection into the reason why it broke."""
        try:
            yield
        except ConnectionError as error:
            raise await self._failure() from error

    async def _kill_if_stalled(self) -> None:
        """Ask an engine that is silent though it has work whether it lives, and end it when it does not say so."""
        patience = self._stall_timeout / 2
        while patience < math.inf:
            await asyncio.sleep(patience)
            if self._client.silence >= patience and not await self._client.answers(patience):
                self._process.kill(f"the engine gave no sign of life for {self._stall_timeout:g} seconds")

    async def _failure(self) -> EngineLost:
        await self._process.settle()
        return self._process.failure("the engine broke off its answer")
