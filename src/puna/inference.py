"""From a model's name and a request to the events of an answer: the one way from every dialect to the engines."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import cast

from puna.core.completions import (
    CompletionEvent,
    CompletionRequest,
    PromptRead,
    ScoreRequest,
    nothing_generated,
)
from puna.core.embeddings import Embedded, EmbeddingRequest
from puna.core.events import Event
from puna.core.messages import Message, Role, Text
from puna.core.requests import ChatRequest, Effort
from puna.core.sampling import OPENAI_DEFAULTS, Sampling
from puna.engines.llama.embedding import embedding_launch
from puna.engines.llama.launch import LlamaLaunch
from puna.engines.llama.scoring import scoring_launch
from puna.engines.llama.sizing import plan
from puna.library.library import Library
from puna.library.model import Model
from puna.library.names import ModelName
from puna.scheduler import Scheduler
from puna.settings import Settings

COMPLETION_DEFAULTS = Sampling(max_tokens=16)
"""What OpenAI documents for a completion, as far as it differs from a chat."""


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

    async def complete(self, name: str, request: CompletionRequest) -> AsyncGenerator[CompletionEvent, None]:
        """Go on after prompts, no template applied. Raises as `chat` does."""
        model = self._library.get(ModelName.parse(name))
        launch = plan(model, self._settings)
        sampling = request.sampling.over(model_sampling(model)).over(COMPLETION_DEFAULTS).over(OPENAI_DEFAULTS)
        request = replace(request, sampling=sampling)
        if request.score_prompts:
            read: list[PromptRead] = []
            score = ScoreRequest(prompts=request.prompts, alternatives=request.logprobs or 0)
            async with (
                self._scheduler.lease(scoring_launch(launch, model.metadata)) as engine,
                aclosing(engine.score(score)) as prompts,
            ):
                async for prompt in prompts:
                    read.append(prompt)
                    yield prompt
            request = replace(request, prompts=tuple(tuple(token.id for token in prompt.tokens) for prompt in read))
            if sampling.max_tokens == 0:
                for event in nothing_generated(request, [prompt.count for prompt in read]):
                    yield event
                return
        async with self._scheduler.lease(launch) as engine, aclosing(engine.complete(request)) as events:
            async for event in events:
                if not (request.score_prompts and isinstance(event, PromptRead)):
                    yield event

    async def embed(self, name: str, request: EmbeddingRequest) -> AsyncGenerator[Embedded, None]:
        """Embed texts. Raises as `chat` does."""
        model = self._library.get(ModelName.parse(name))
        launch = embedding_launch(plan(model, self._settings), model.metadata)
        async with self._scheduler.lease(launch) as engine, aclosing(engine.embed(request)) as batches:
            async for batch in batches:
                yield batch


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
