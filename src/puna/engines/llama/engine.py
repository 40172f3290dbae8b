"""Models run by llama.cpp: an engine that generates, one that scores, one that embeds."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from puna.core.completions import CompletionEvent, CompletionRequest, PromptRead, ScoreRequest, nothing_generated
from puna.core.embeddings import Embedded, EmbeddingRequest
from puna.core.errors import EngineFailed
from puna.core.events import ChatEvent
from puna.core.requests import ChatRequest
from puna.engines.engine import Chats, Completes, Embeds, Scores
from puna.engines.llama.arguments import LlamaArguments
from puna.engines.llama.binary import has_llguidance
from puna.engines.llama.chat.conversation import Conversation
from puna.engines.llama.chat.probing import NoEnd
from puna.engines.llama.chat.route import answer, check_bias, count_tokens
from puna.engines.llama.chat.traits import Traits, read_traits
from puna.engines.llama.completion.completion import Completion
from puna.engines.llama.completion.prompts import PromptReader
from puna.engines.llama.embedding import Embedder
from puna.engines.llama.grammar.constraint import prepare
from puna.engines.llama.refusal import refusal
from puna.engines.llama.sampling import sampling_body
from puna.engines.llama.saved import ReadPrompts, prompt_folder
from puna.engines.process.client import EngineClient
from puna.engines.process.engine import ProcessEngine
from puna.engines.process.process import EngineProcess

if TYPE_CHECKING:
    from puna.engines.llama.completion.scoring import Scorer


SCORING = "puna.engines.llama.completion.scoring"
"""With numpy, which takes a tenth of a second to import: in a thread, when an engine that needs it has started."""


class LlamaEngine(ProcessEngine):
    """A process of llama.cpp, whatever it was started for."""

    def __init__(self, arguments: LlamaArguments, process: EngineProcess, stall_timeout: float) -> None:
        client = EngineClient(process.address, process.key, refusal, "/slots")
        super().__init__(process, client, arguments.capacity, stall_timeout)
        self.arguments = arguments
        self.reader = PromptReader(client, arguments)


class GeneratingEngine(LlamaEngine, Chats, Completes):
    """Answers conversations and goes on after prompts."""

    def __init__(self, arguments: LlamaArguments, process: EngineProcess, stall_timeout: float) -> None:
        super().__init__(arguments, process, stall_timeout)
        self._traits: Traits | None = None
        files = arguments.prompt_files
        self._prompts = ReadPrompts(self.client, arguments, prompt_folder(files)) if files else None

    async def unload(self) -> None:
        if self._prompts and self.alive:
            await self._prompts.save()
        await self.close()

    async def greet(self) -> None:
        prepare()
        async with self._rendering():
            await self.traits()

    async def traits(self) -> Traits:
        """What the model and its template can do."""
        if self._traits is None:
            program = self.arguments.program
            guided = program is None or await asyncio.to_thread(has_llguidance, program)
            self._traits = await read_traits(self.client, guided=guided)
        return self._traits

    async def conversation(self) -> Conversation:
        """What answering a conversation needs of this engine."""
        return Conversation(
            client=self.client,
            traits=await self.traits(),
            context_length=self.arguments.context_length,
            sequences=self.arguments.sequences,
            vocabulary=self.reader.vocabulary,
            predicts=self.arguments.predicts,
            prompts=self._prompts,
        )

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        async with (
            self._rendering(),
            self.answering(),
            aclosing(answer(await self.conversation(), request)) as events,
        ):
            async for event in events:
                yield event

    async def count_prompt(self, request: ChatRequest) -> int:
        async with self._rendering(), self.answering():
            return await count_tokens(await self.conversation(), request)

    @asynccontextmanager
    async def _rendering(self) -> AsyncIterator[None]:
        """Ends the engine whose template does not come to an end of a prompt: nothing else stops it."""
        try:
            yield
        except NoEnd as error:
            self.process.kill("the model's chat template did not finish")
            raise EngineFailed("The model's chat template does not finish for this conversation.") from error

    async def complete(self, request: CompletionRequest) -> AsyncGenerator[CompletionEvent, None]:
        async with self.answering():
            check_bias(request.sampling, await self.traits())
            if request.suffix is None:
                prompts = await self.reader.read(request.prompts)
            else:
                prompts = await self.reader.read_infill(request.prompts, request.suffix)
            for index, (prompt, tokens) in enumerate(zip(request.prompts, prompts, strict=True)):
                yield PromptRead(index, await self.reader.text(prompt), len(tokens))
            if request.sampling.max_tokens == 0:
                for end in nothing_generated(request, list(map(len, prompts))):
                    yield end
                return
            vocabulary = None if request.logprobs is None else await self.reader.vocabulary()
            traits = await self.traits()
            completion = Completion(request, prompts, vocabulary, guidance=traits.guidance)
            sampling = sampling_body(request.sampling, self.arguments.context_length)
            async with aclosing(completion.events(self.client, sampling, self.arguments.sequences)) as events:
                async for event in events:
                    yield event


class ScoringEngine(LlamaEngine, Scores):
    """Says how likely given texts are."""

    def __init__(self, arguments: LlamaArguments, process: EngineProcess, stall_timeout: float) -> None:
        super().__init__(arguments, process, stall_timeout)
        self._scorer: Scorer | None = None

    async def greet(self) -> None:
        await asyncio.to_thread(import_module, SCORING)

    async def score(self, request: ScoreRequest) -> AsyncGenerator[PromptRead, None]:
        async with self.answering():
            from puna.engines.llama.completion.scoring import Scorer

            prompts = await self.reader.read(request.prompts)
            if self._scorer is None:
                self._scorer = Scorer(self.client, self.arguments, await self.reader.vocabulary())
            async with aclosing(self._scorer.score(prompts, request.alternatives)) as scored:
                index = 0
                async for tokens in scored:
                    text = await self.reader.text(request.prompts[index])
                    yield PromptRead(index, text, len(tokens), tuple(tokens))
                    index += 1


class EmbeddingEngine(LlamaEngine, Embeds):
    """Makes vectors of texts."""

    def __init__(self, arguments: LlamaArguments, process: EngineProcess, stall_timeout: float) -> None:
        super().__init__(arguments, process, stall_timeout)
        self._embedder = Embedder(self.client, arguments, self.reader)

    async def greet(self) -> None:
        await asyncio.to_thread(import_module, "numpy")

    async def embed(self, request: EmbeddingRequest) -> AsyncGenerator[Embedded, None]:
        async with self.answering(), aclosing(self._embedder.embed(request)) as batches:
            async for batch in batches:
                yield batch
