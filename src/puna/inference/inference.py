"""From a model's name and a request to the events of an answer: the one way from every dialect to the engines."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import TypeVar, cast

from puna.core.completions import (
    CompletionEvent,
    CompletionRequest,
    PromptRead,
    ScoreRequest,
    nothing_generated,
)
from puna.core.embeddings import Embedded, EmbeddingRequest
from puna.core.errors import ModelNotFound
from puna.core.events import Event
from puna.core.images import ImageEvent, ImageRequest
from puna.core.messages import Message, Role, Text
from puna.core.requests import ChatRequest
from puna.core.sampling import Sampling
from puna.core.snapshot import Snapshot
from puna.core.subjects import InputAt, PromptAt
from puna.engines.engine import Chats, Completes, Embeds, Engine, Scores, Task, able
from puna.engines.launch import Launch
from puna.engines.plan import ENGINES, REQUIREMENTS, Planner, plan
from puna.engines.settings import EngineSettings
from puna.inference.caller import ANONYMOUS, Caller
from puna.inference.length import Prompt, may_be_too_long, said, unless_too_long
from puna.inference.recovery import Recovery
from puna.inference.refused import Refused
from puna.inference.work import ChatWork, ImageWork, WholeWork, Work
from puna.library.library import Library
from puna.library.model import Model
from puna.library.names import ModelName
from puna.library.parameters import Parameters
from puna.library.translating import translate
from puna.scheduler import Claim, Scheduler
from puna.structured.again import fitting

E = TypeVar("E")

TASKS: Mapping[str, Task] = {"completion": "chat", "embedding": "embed", "image": "draw"}
"""What a model is loaded for that is not asked anything yet, by what it can be asked for."""
NO_OVERRIDES = Parameters()
"""Nothing over what a model's Modelfile says."""
NO_DRAFTS = Parameters(draft_num_predict=0)
"""For what can't be said of tokens that were drafted."""


class Inference:
    """Answers requests with the library's models."""

    def __init__(
        self,
        settings: EngineSettings,
        library: Library,
        scheduler: Scheduler,
        engines: Sequence[Planner] = ENGINES,
        schema_attempts: int = 1,
    ) -> None:
        self._settings = settings
        self._library = library
        self._scheduler = scheduler
        self._engines = engines
        self._attempts = schema_attempts
        self._refused = Refused()

    def chat(
        self,
        name: str,
        request: ChatRequest,
        *,
        caller: Caller = ANONYMOUS,
        whole: bool = False,
        keep_alive: float | None = None,
        parameters: Parameters = NO_OVERRIDES,
        template: str | None = None,
    ) -> AsyncGenerator[Event, None]:
        """Answer a conversation.

        With `whole` no event comes before the last is there, so that the request can be done anew, whatever happens
        to the engine. `caller` hears what becomes of the request. `keep_alive` is how many seconds the model stays in
        memory afterwards, `parameters` go over those of its Modelfile, `template` takes the place of its TEMPLATE.

        Raises:
            ModelNotFound: the library has no model of that name.
            InvalidRequest: the model can't do it, or its engine refuses the request.
            EngineFailed: the model can't be loaded, or its engine broke off and the answer can't go on elsewhere.
            Overloaded: there is no room for the request now.
            SchemaNotMet: the answer does not fit its schema, as often as it was generated.
        """
        model = self._exact(self._model(name, parameters, "chat"), request)
        if template is not None:
            model = model.with_template(template)
        request = completed(request, model)
        work = ChatWork(request, self._attempts)
        prompts = said(request.messages)

        def unless_refused(events: AsyncGenerator[Event, None], limit: int) -> AsyncGenerator[Event, None]:
            return self._refused.unless_known(events, model.digest, request, limit)

        return self._answered(
            model, "chat", work, caller, prompts=prompts, keep_alive=keep_alive, whole=whole, within=unless_refused
        )

    async def load(
        self,
        name: str,
        *,
        caller: Caller = ANONYMOUS,
        keep_alive: float | None = None,
        parameters: Parameters = NO_OVERRIDES,
    ) -> None:
        """Have a model in memory before it is asked anything; raises what `chat` raises."""
        model = self._model(name, parameters)
        task: Task = next((TASKS[each] for each in model.capabilities if each in TASKS), "embed")
        await make_ready(model)
        async with self._scheduler.lease(
            self._plan(model, task),
            Claim(tokens=0),
            model=str(model.name),
            client=caller.client,
            keep_alive=keep_alive,
        ):
            pass

    def sees(self, name: str) -> bool:
        """Whether a model can read pictures. Raises ModelNotFound."""
        return "vision" in self._library.get(ModelName.parse(name)).capabilities

    def context_length(self, name: str) -> int | None:
        """How many tokens a conversation with a model may have. None where it does not chat, or only its engine
        knows. Raises ModelNotFound."""
        model = self._library.get(ModelName.parse(name))
        if not model.ready or "completion" not in model.capabilities:
            return None
        return self._plan(model, "chat").capacity.context_length

    def stop(self, name: str) -> bool:
        """Unload a model, as soon as it is idle. Says whether it was in memory. Raises ModelNotFound."""
        return self._scheduler.stop(str(self._library.get(ModelName.parse(name)).name))

    async def close(self) -> None:
        """End all engines."""
        await self._scheduler.close()

    def running(self) -> list[Snapshot]:
        """The models in memory, or on their way there."""
        return self._scheduler.snapshots()

    def complete(
        self,
        name: str,
        request: CompletionRequest,
        *,
        caller: Caller = ANONYMOUS,
        keep_alive: float | None = None,
        parameters: Parameters = NO_OVERRIDES,
    ) -> AsyncGenerator[CompletionEvent, None]:
        """Go on after prompts, no template applied. Takes and raises what `chat` does."""
        model = self._model(name, parameters, "score" if request.score_prompts else "complete")
        model = self._exact(model, request)
        request = replace(request, sampling=chosen(request, model))
        if request.score_prompts:
            return self._scored(model, request, caller)
        return self._continued(model, request, caller, keep_alive)

    async def _scored(
        self, model: Model, request: CompletionRequest, caller: Caller
    ) -> AsyncGenerator[CompletionEvent, None]:
        """First the prompts with their log probabilities, by an engine of their own, then what follows them."""
        score = ScoreRequest(prompts=request.prompts, alternatives=request.logprobs or 0)
        read: list[PromptRead] = []
        work: WholeWork[PromptRead] = WholeWork(1, lambda engine: able(engine, Scores).score(score))
        texts = [(PromptAt(place), text) for place, text in enumerate(request.prompts) if isinstance(text, str)]
        async with aclosing(self._answered(model, "score", work, caller, prompts=texts)) as prompts:
            async for prompt in prompts:
                read.append(prompt)
                yield prompt
        request = replace(request, prompts=tuple(map(as_read, read, request.prompts)))
        if request.sampling.max_tokens == 0:
            for event in nothing_generated(request, [prompt.count for prompt in read]):
                yield event
            return
        async with aclosing(self._continued(model, request, caller)) as events:
            async for event in events:
                if not isinstance(event, PromptRead):
                    yield event

    def _continued(
        self, model: Model, request: CompletionRequest, caller: Caller, keep_alive: float | None = None
    ) -> AsyncGenerator[CompletionEvent, None]:
        def do(engine: Engine) -> AsyncGenerator[CompletionEvent, None]:
            complete = able(engine, Completes).complete
            return fitting(request, complete, self._attempts) if engine.checked else complete(request)

        work = WholeWork(len(request.prompts) * request.choices, do)
        prompts = [(PromptAt(place), text) for place, text in enumerate(request.prompts) if isinstance(text, str)]
        return self._answered(model, "complete", work, caller, prompts=prompts, keep_alive=keep_alive)

    def embed(
        self,
        name: str,
        request: EmbeddingRequest,
        *,
        caller: Caller = ANONYMOUS,
        keep_alive: float | None = None,
        parameters: Parameters = NO_OVERRIDES,
    ) -> AsyncGenerator[Embedded, None]:
        """Embed texts. Takes and raises what `chat` does."""

        def do(engine: Engine) -> AsyncGenerator[Embedded, None]:
            return able(engine, Embeds).embed(request)

        model = self._model(name, parameters, "embed")
        work = WholeWork(len(request.inputs), do)
        prompts = [(InputAt(place), text) for place, text in enumerate(request.inputs) if isinstance(text, str)]
        prompts = [] if request.truncate else prompts
        return self._answered(model, "embed", work, caller, prompts=prompts, keep_alive=keep_alive)

    def draw(
        self,
        name: str,
        request: ImageRequest,
        *,
        caller: Caller = ANONYMOUS,
        keep_alive: float | None = None,
        parameters: Parameters = NO_OVERRIDES,
    ) -> AsyncGenerator[ImageEvent, None]:
        """Make pictures. Takes and raises what `chat` does, and NotInstalled where nothing here could."""
        try:
            model = self._model(name, parameters)
        except ModelNotFound:
            REQUIREMENTS["draw"]()  # before somebody pulls gigabytes for nothing
            raise
        return self._answered(model, "draw", ImageWork(request), caller, keep_alive=keep_alive)

    async def count_prompt(self, name: str, request: ChatRequest, *, caller: Caller = ANONYMOUS) -> int:
        """How many tokens the prompt of a conversation has.

        Raises:
            ModelNotFound: the library has no model of that name.
            InvalidRequest: the model does not chat.
            EngineFailed: the model can't be loaded, or its engine broke off.
        """
        model = self._library.get(ModelName.parse(name))
        await make_ready(model)
        async with self._scheduler.lease(
            self._plan(model, "chat"), Claim(tokens=0), model=str(model.name), client=caller.client
        ) as lease:
            return await able(lease.engine, Chats).count_prompt(completed(request, model))

    def _model(self, name: str, parameters: Parameters, task: Task | None = None) -> Model:
        """The model, as other servers have it where too many wait for the one here to do the task."""
        model = self._library.get(ModelName.parse(name))
        if parameters != NO_OVERRIDES:
            model = model.with_parameters(parameters)
        if task in (None, "score") or model.remote is None or model.elsewhere is None or not model.ready:
            return model
        waiting = self._scheduler.waiting_for(self._plan(model, task))
        return model if waiting is None or waiting < model.remote.overflow else model.elsewhere

    def _exact(self, model: Model, request: ChatRequest | CompletionRequest) -> Model:
        """The model as it is run for that request. An engine knows no log probabilities of tokens that were drafted;
        one that drafts for every request is not asked for any."""
        if request.logprobs is None or self._settings.drafts_by_request:
            return model
        return model.with_parameters(NO_DRAFTS)

    def _plan(self, model: Model, task: Task) -> Launch:
        return plan(model, task, self._settings, self._engines)

    def _answered(
        self,
        model: Model,
        task: Task,
        work: Work[E],
        caller: Caller,
        *,
        prompts: Sequence[Prompt] = (),
        keep_alive: float | None = None,
        whole: bool = False,
        within: Callable[[AsyncGenerator[E, None], int], AsyncGenerator[E, None]] | None = None,
    ) -> AsyncGenerator[E, None]:
        """What the work yields, on as many engines as it takes. `prompts` are the texts that it has to read, `within`
        looks at the events where it is known how many tokens the model takes."""
        if not model.ready:
            return self._later(
                model, task, work, caller, prompts=prompts, keep_alive=keep_alive, whole=whole, within=within
            )
        caller.found(str(model.name))
        launch = self._plan(model, task)
        lease_for = partial(
            self._scheduler.lease, launch, model=str(model.name), client=caller.client, keep_alive=keep_alive
        )
        events = Recovery(work, launch, lease_for, caller, whole=whole).events()
        limit = launch.capacity.context_length
        if limit is None:
            return events
        if may_be_too_long(prompts, limit):
            events = unless_too_long(events, model, prompts, limit)
        return within(events, limit) if within else events

    async def _later(
        self,
        model: Model,
        task: Task,
        work: Work[E],
        caller: Caller,
        *,
        prompts: Sequence[Prompt],
        keep_alive: float | None,
        whole: bool,
        within: Callable[[AsyncGenerator[E, None], int], AsyncGenerator[E, None]] | None,
    ) -> AsyncGenerator[E, None]:
        """What the work yields when the files are there that an engine reads."""
        await make_ready(model)
        answered = self._answered(
            model, task, work, caller, prompts=prompts, keep_alive=keep_alive, whole=whole, within=within
        )
        async with aclosing(answered) as events:
            async for event in events:
                yield event


def as_read(read: PromptRead, given: str | tuple[int, ...]) -> str | tuple[int, ...]:
    """A prompt by its tokens, so that what follows it is as it was scored; as it was given where another server did
    not tell their ids."""
    tokens = tuple(token.id for token in read.tokens)
    return given if -1 in tokens else tokens


async def make_ready(model: Model) -> None:
    """Have the files made that an engine reads, where a model's own are of another layout. That may take a while."""
    if not model.ready:
        await asyncio.to_thread(translate, model)


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
    effort = request.effort or model.effort
    return replace(request, messages=messages, sampling=chosen(request, model), effort=effort)


def chosen(request: ChatRequest | CompletionRequest, model: Model) -> Sampling:
    """What the request says of sampling, then the model, then the dialect, unless something else decides."""
    sampling = request.sampling.over(model.sampling)
    return sampling if model.decides else sampling.over(request.defaults)
