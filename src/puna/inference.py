"""From a model's name and a request to the events of an answer: the one way from every dialect to the engines."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import cast

from puna.core.events import Event
from puna.core.messages import Message, Role, Text
from puna.core.requests import ChatRequest
from puna.core.sampling import OPENAI_DEFAULTS, Sampling
from puna.engines.llama.launch import LlamaLaunch
from puna.engines.llama.sizing import plan
from puna.journal import current
from puna.library.library import Library
from puna.library.model import Model
from puna.library.names import ModelName
from puna.recovery import Answer
from puna.scheduler import Claim, Lease, Scheduler, Snapshot
from puna.settings import Settings
from puna.work import ChatWork, Work


class Inference:
    """Answers requests with the library's models."""

    def __init__(self, settings: Settings, library: Library, scheduler: Scheduler[LlamaLaunch]) -> None:
        self._settings = settings
        self._library = library
        self._scheduler = scheduler

    def chat(
        self, name: str, request: ChatRequest, *, whole: bool = False, keep_alive: float | None = None
    ) -> AsyncGenerator[Event, None]:
        """Answer a conversation.

        With `whole` no event comes before the last is there, so that the request can be done anew, whatever happens
        to the engine. `keep_alive` is how many seconds the model stays in memory afterwards.

        Raises:
            ModelNotFound: the library has no model of that name.
            InvalidRequest: the model's engine refuses the request.
            EngineFailed: the model can't be loaded, or its engine broke off and the answer can't go on elsewhere.
            Overloaded: there is no room for the request now.
        """
        model = self._library.get(ModelName.parse(name))
        return self._answer(model, ChatWork(completed(request, model)), whole=whole, keep_alive=keep_alive)

    async def load(self, name: str, *, keep_alive: float | None = None) -> None:
        """Have a model in memory before it is asked anything; raises what `chat` raises."""
        model = self._library.get(ModelName.parse(name))
        async with self._lease(model, plan(model, self._settings), Claim(tokens=0), None, keep_alive):
            pass

    def stop(self, name: str) -> bool:
        """Unload a model, as soon as it is idle. Says whether it was in memory."""
        return self._scheduler.stop(str(ModelName.parse(name)))

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

    def _lease(
        self,
        model: Model,
        launch: LlamaLaunch,
        claim: Claim,
        again: Lease[LlamaLaunch] | None,
        keep_alive: float | None,
    ) -> AbstractAsyncContextManager[Lease[LlamaLaunch]]:
        return self._scheduler.lease(
            launch,
            claim,
            model=str(model.name),
            client=current().client,
            keep_alive=keep_alive,
            again=again,
        )


def completed(request: ChatRequest, model: Model) -> ChatRequest:
    """The request with what the model says where the request says nothing: system prompt, history, sampling."""
    messages = request.messages
    if model.messages:
        messages = (
            *(Message(role=cast("Role", turn.role), content=(Text(turn.content),)) for turn in model.messages),
            *messages,
        )
    if model.system and messages[0].role != "system":
        messages = (Message(role="system", content=(Text(model.system),)), *messages)
    sampling = request.sampling.over(model_sampling(model)).over(OPENAI_DEFAULTS)
    return replace(request, messages=messages, sampling=sampling)


def model_sampling(model: Model) -> Sampling:
    """The Modelfile's PARAMETERs, and below them what the GGUF recommends."""
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
        seed=parameters.seed,
        stop=parameters.stop or None,
        max_tokens=parameters.num_predict,
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
