"""From a model's name and a request to the events of an answer: the one way from every dialect to the engines."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import cast

from puna.core.events import Event
from puna.core.messages import Message, Role, Text
from puna.core.requests import ChatRequest, Effort
from puna.core.sampling import OPENAI_DEFAULTS, Sampling
from puna.engines.llama.launch import LlamaLaunch
from puna.engines.llama.sizing import plan
from puna.library.library import Library
from puna.library.model import Model
from puna.library.names import ModelName
from puna.scheduler import Scheduler
from puna.settings import Settings


class Inference:
    """Answers requests with the library's models."""

    def __init__(self, settings: Settings, library: Library, scheduler: Scheduler[LlamaLaunch]) -> None:
        self._settings = settings
        self._library = library
        self._scheduler = scheduler

    async def chat(self, name: str, request: ChatRequest) -> AsyncGenerator[Event, None]:
        """Answer a conversation.

        Raises:
            ModelNotFound: the library has no model of that name.
            InvalidRequest: the model's engine refuses the request.
            EngineFailed: the model can't be loaded, or its engine broke off.
        """
        model = self._library.get(ModelName.parse(name))
        async with (
            self._scheduler.lease(plan(model, self._settings)) as engine,
            aclosing(engine.chat(completed(request, model))) as events,
        ):
            async for event in events:
                yield event

    async def count_prompt(self, name: str, request: ChatRequest) -> int:
        """How many tokens the prompt of a conversation has.

        Raises:
            ModelNotFound: the library has no model of that name.
            EngineFailed: the model can't be loaded, or its engine broke off.
        """
        model = self._library.get(ModelName.parse(name))
        async with self._scheduler.lease(plan(model, self._settings)) as engine:
            return await engine.count_prompt(completed(request, model))


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
    sampling = request.sampling.over(model_sampling(model)).over(OPENAI_DEFAULTS)
    effort = request.effort or cast("Effort | None", model.metadata.reasoning_effort)
    return replace(request, messages=messages, sampling=sampling, effort=effort)


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
