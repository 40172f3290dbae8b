"""From a model's name and a request to the events of an answer: the one way from every dialect to the engines."""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import replace
from typing import TypeVar, cast

from puna.core.completions import (
    CompletionEvent,
    CompletionRequest,
    PromptRead,
    ScoreRequest,
    nothing_generated,
)
from puna.core.embeddings import Embedded, EmbeddingRequest
from puna.core.errors import EngineLost
from puna.core.events import Done, Event
from puna.core.messages import Message, Role, Text
from puna.core.requests import ChatRequest, Effort
from puna.core.sampling import Sampling
from puna.engines.engine import Engine
from puna.engines.llama.completion.scoring import scoring_launch
from puna.engines.llama.embedding import embedding_launch
from puna.engines.llama.launch import LlamaLaunch
from puna.engines.llama.sizing import plan
from puna.inference.recovery import Answer, Patience
from puna.inference.work import ChatWork, Work
from puna.library.library import Library
from puna.library.model import Model
from puna.library.names import ModelName
from puna.library.parameters import Parameters
from puna.observation.journal import current
from puna.scheduler import Claim, Lease, Scheduler, Snapshot
from puna.settings import Settings

T = TypeVar("T")

MODELS_OWN = Parameters()
"""Nothing over what a model's Modelfile says."""


class Inference:
    """Answers requests with the library's models."""

    def __init__(self, settings: Settings, library: Library, scheduler: Scheduler[LlamaLaunch]) -> None:
        self._settings = settings
        self._library = library
        self._scheduler = scheduler

    def chat(
        self,
        name: str,
        request: ChatRequest,
        *,
        whole: bool = False,
        keep_alive: float | None = None,
        parameters: Parameters = MODELS_OWN,
    ) -> AsyncGenerator[Event, None]:
        """Answer a conversation.

        With `whole` no event comes before the last is there, so that the request can be done anew, whatever happens
        to the engine. `keep_alive` is how many seconds the model stays in memory afterwards, `parameters` go over
        those of its Modelfile.

        Raises:
            ModelNotFound: the library has no model of that name.
            InvalidRequest: the model's engine refuses the request.
            EngineFailed: the model can't be loaded, or its engine broke off and the answer can't go on elsewhere.
            Overloaded: there is no room for the request now.
        """
        model = self._model(name, parameters)
        return self._answer(model, ChatWork(completed(request, model)), whole=whole, keep_alive=keep_alive)

    async def load(self, name: str, *, keep_alive: float | None = None, parameters: Parameters = MODELS_OWN) -> None:
        """Have a model in memory before it is asked anything; raises what `chat` raises."""
        model = self._model(name, parameters)
        async with self._lease(model, plan(model, self._settings), Claim(tokens=0), None, keep_alive):
            pass

    def sees(self, name: str) -> bool:
        """Whether a model can read pictures. Raises ModelNotFound."""
        return bool(self._library.get(ModelName.parse(name)).projectors)

    def stop(self, name: str) -> bool:
        """Unload a model, as soon as it is idle. Says whether it was in memory. Raises ModelNotFound."""
        return self._scheduler.stop(str(self._library.get(ModelName.parse(name)).name))

    def running(self) -> list[Snapshot[LlamaLaunch]]:
        """The models in memory, or on their way there."""
        return self._scheduler.snapshots()

    def _answer(
        self, model: Model, work: Work, *, whole: bool, keep_alive: float | None
    ) -> AsyncGenerator[Event, None]:
        current().model = str(model.name)
        launch = plan(model, self._settings)

        def lease_for(
            claim: Claim, again: Lease[LlamaLaunch] | None
        ) -> AbstractAsyncContextManager[Lease[LlamaLaunch]]:
            return self._lease(model, launch, claim, again, keep_alive)

        return Answer(work, launch, lease_for, whole=whole).events()

    @asynccontextmanager
    async def _lease(
        self,
        model: Model,
        launch: LlamaLaunch,
        claim: Claim,
        again: Lease[LlamaLaunch] | None,
        keep_alive: float | None,
    ) -> AsyncIterator[Lease[LlamaLaunch]]:
        entry, asked = current(), time.monotonic()
        async with self._scheduler.lease(
            launch, claim, model=str(model.name), client=entry.client, keep_alive=keep_alive, again=again
        ) as lease:
            entry.loading += time.monotonic() - asked
            yield lease

    def complete(
        self,
        name: str,
        request: CompletionRequest,
        *,
        keep_alive: float | None = None,
        parameters: Parameters = MODELS_OWN,
    ) -> AsyncGenerator[CompletionEvent, None]:
        """Go on after prompts, no template applied. Takes and raises what `chat` does."""
        model = self._model(name, parameters)
        sampling = request.sampling.over(model_sampling(model)).over(request.defaults)
        request = replace(request, sampling=sampling)
        if request.score_prompts:
            return self._scored(model, request)
        return self._continued(model, request, keep_alive)

    async def _scored(self, model: Model, request: CompletionRequest) -> AsyncGenerator[CompletionEvent, None]:
        """First the prompts with their log probabilities, by an engine of their own, then what follows them."""
        launch = scoring_launch(plan(model, self._settings), model.metadata)
        score = ScoreRequest(prompts=request.prompts, alternatives=request.logprobs or 0)
        read: list[PromptRead] = []
        async with aclosing(self._unbroken(model, launch, Claim(), lambda engine: engine.score(score))) as prompts:
            async for prompt in prompts:
                read.append(prompt)
                yield prompt
        request = replace(request, prompts=tuple(tuple(token.id for token in prompt.tokens) for prompt in read))
        if request.sampling.max_tokens == 0:
            for event in nothing_generated(request, [prompt.count for prompt in read]):
                yield event
            return
        async with aclosing(self._continued(model, request)) as events:
            async for event in events:
                if not isinstance(event, PromptRead):
                    yield event

    def _continued(
        self, model: Model, request: CompletionRequest, keep_alive: float | None = None
    ) -> AsyncGenerator[CompletionEvent, None]:
        claim = Claim(len(request.prompts) * request.choices)
        launch = plan(model, self._settings)
        return self._unbroken(model, launch, claim, lambda engine: engine.complete(request), keep_alive)

    def embed(
        self,
        name: str,
        request: EmbeddingRequest,
        *,
        keep_alive: float | None = None,
        parameters: Parameters = MODELS_OWN,
    ) -> AsyncGenerator[Embedded, None]:
        """Embed texts. Takes and raises what `chat` does."""
        model = self._model(name, parameters)
        launch = embedding_launch(plan(model, self._settings), model.metadata)
        claim = Claim(len(request.inputs))
        return self._unbroken(model, launch, claim, lambda engine: engine.embed(request), keep_alive)

    def _model(self, name: str, parameters: Parameters) -> Model:
        model = self._library.get(ModelName.parse(name))
        return model if parameters == MODELS_OWN else model.with_parameters(parameters)

    async def _unbroken(
        self,
        model: Model,
        launch: LlamaLaunch,
        claim: Claim,
        work: Callable[[Engine], AsyncGenerator[T, None]],
        keep_alive: float | None = None,
    ) -> AsyncGenerator[T, None]:
        """What the work yields; begun anew when its engine is lost before anything came of it."""
        current().model = str(model.name)
        patience, begun = Patience(), False
        while True:
            try:
                async with (
                    self._lease(model, launch, claim, None, keep_alive) as lease,
                    aclosing(work(lease.engine)) as events,
                ):
                    async for event in events:
                        if not begun:
                            current().begin()
                        begun = True
                        if isinstance(event, Done):
                            current().finish(event.usage)
                        yield event
                return
            except EngineLost as error:
                if begun:
                    raise
                patience.spend(error)

    async def count_prompt(self, name: str, request: ChatRequest) -> int:
        """How many tokens the prompt of a conversation has.

        Raises:
            ModelNotFound: the library has no model of that name.
            EngineFailed: the model can't be loaded, or its engine broke off.
        """
        model = self._library.get(ModelName.parse(name))
        async with self._lease(model, plan(model, self._settings), Claim(tokens=0), None, None) as lease:
            return await lease.engine.count_prompt(completed(request, model))


def completed(request: ChatRequest, model: Model) -> ChatRequest:
    """The request with what the model says where the request says nothing: prompt, history, sampling, effort."""
    messages = request.messages
    if model.messages:
        messages = (
            *(Message(role=cast("Role", turn.role), content=(Text(turn.content),)) for turn in model.messages),
            *messages,
        )
    if model.system and messages[0].role != "system":
        messages = (Message(role="system", content=(Text(model.system),)), *messages)
    sampling = request.sampling.over(model_sampling(model)).over(request.defaults)
    effort = request.effort or cast("Effort | None", model.metadata.reasoning_effort)
    return replace(request, messages=messages, sampling=sampling, effort=effort)


def model_sampling(model: Model) -> Sampling:
    """The Modelfile's PARAMETERs, and below them what the GGUF recommends."""
    # Ollama's -1 means a seed of its own for each answer and no limit of tokens, which is what no number means here.
    parameters = model.parameters
    from_modelfile = Sampling(
        temperature=parameters.temperature,
        top_p=parameters.top_p,
        top_k=parameters.top_k,
        min_p=parameters.min_p,
        typical_p=parameters.typical_p,
        frequency_penalty=parameters.frequency_penalty,
        presence_penalty=parameters.presence_penalty,
        repeat_penalty=parameters.repeat_penalty,
        repeat_last_n=parameters.repeat_last_n,
        seed=None if parameters.seed == -1 else parameters.seed,
        stop=parameters.stop or None,
        max_tokens=None if (parameters.num_predict or 0) < 0 else parameters.num_predict,
    )
    return from_modelfile.over(recommended_sampling(model))


def recommended_sampling(model: Model) -> Sampling:
    """What the GGUF's makers recommend, in the keys that llama.cpp writes (`general.sampling.…`)."""
    values = model.metadata.sampling
    top_k, window = values.get("top_k"), values.get("penalty_last_n")
    return Sampling(
        temperature=values.get("temp"),
        top_p=values.get("top_p"),
        top_k=None if top_k is None else int(top_k),
        min_p=values.get("min_p"),
        repeat_penalty=values.get("penalty_repeat"),
        repeat_last_n=None if window is None else int(window),
    )
