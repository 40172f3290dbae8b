"""Which way a chat goes, and what is refused before it does."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from functools import partial

from puna.core.errors import InvalidRequest, UnsupportedSchema
from puna.core.events import Event
from puna.core.formats import FreeText
from puna.core.messages import Audio, Image
from puna.core.requests import ChatRequest
from puna.core.sampling import Sampling
from puna.core.tools import Tool
from puna.engines.llama.chat.batches import in_batches
from puna.engines.llama.chat.native import native_chat
from puna.engines.llama.chat.prompt_length import prompt_length
from puna.engines.llama.chat.rendered import prompted_chat
from puna.engines.llama.chat.traits import Traits
from puna.engines.llama.grammar.answers import required_calls
from puna.engines.llama.grammar.gbnf import Grammar
from puna.engines.llama.markup import PUNA_SHAPE
from puna.engines.process.client import EngineClient


async def answer(
    client: EngineClient, traits: Traits, request: ChatRequest, *, context_length: int, sequences: int
) -> AsyncGenerator[Event, None]:
    """Answer a conversation, `sequences` choices at a time.

    Raises:
        InvalidRequest: the model can't do what is asked.
        ConnectionError: the engine broke off.
    """
    check(request, traits)
    request = offered(request)
    way = native_chat if is_native(request, traits) else prompted_chat
    answered = partial(way, client, traits, context_length)
    try:
        async with aclosing(in_batches(request, sequences, answered)) as events:
            async for event in events:
                yield event
    except InvalidRequest as error:
        if error.param is None:
            check_schemas(request)
        raise


async def count_tokens(client: EngineClient, traits: Traits, request: ChatRequest) -> int:
    """How many tokens the prompt of that conversation has. Raises as `answer` does."""
    check(request, traits)
    request = offered(request)
    return await prompt_length(client, request, traits, native=is_native(request, traits))


def check(request: ChatRequest, traits: Traits) -> None:
    """Raises `InvalidRequest` for what llama-server would pass over in silence, or refuse in words of its own."""
    parts = [part for message in request.messages for part in message.content]
    if not traits.vision and any(isinstance(part, Image) for part in parts):
        raise InvalidRequest("This model has no eyes: it can't read images.", param="messages", code="no_vision")
    if not traits.audio and any(isinstance(part, Audio) for part in parts):
        raise InvalidRequest("This model has no ears: it can't hear audio.", param="messages", code="no_audio")
    for tool in request.tools:
        check_arguments(tool)
    check_bias(request.sampling, traits)


def check_arguments(tool: Tool) -> None:
    """Raises `UnsupportedSchema` where a function's arguments are no object: there is no other form of a call."""
    types = tool.parameters.get("type", "object")
    if "object" not in (types if isinstance(types, list) else [types]):
        raise UnsupportedSchema("the arguments of a function have to be an object", ("type",), tool=tool.name)


def check_schemas(request: ChatRequest) -> None:
    """Raises `UnsupportedSchema` for the schema of a tool that is none; the engine does not say which one it is."""
    if request.tools:
        required_calls(Grammar(), request.tools, PUNA_SHAPE, several=False)


def check_bias(sampling: Sampling, traits: Traits) -> None:
    """Raises `InvalidRequest` for a token that the model does not have."""
    for token, _ in sampling.logit_bias or ():
        if token >= traits.vocabulary:
            message = (
                f"Invalid token id in 'logit_bias': {token}. This model has the ids 0 to {traits.vocabulary - 1}."
            )
            raise InvalidRequest(message, param="logit_bias", code="invalid_value")


def offered(request: ChatRequest) -> ChatRequest:
    """The request with no tools but those the model may call."""
    choice = request.tool_choice
    if choice.mode == "none":
        return replace(request, tools=())
    if choice.names is None:
        return request
    return replace(request, tools=tuple(tool for tool in request.tools if tool.name in choice.names))


def is_native(request: ChatRequest, traits: Traits) -> bool:
    """Whether llama-server's chat route does all that is asked for. It forces no call, stops after none, knows no
    strict tools, ignores tools that the template does not render, loses log probabilities of parts of characters, and
    looks for stop sequences in the thinking and in calls."""
    if not isinstance(request.format, FreeText) or (request.effort == "none" and traits.always_thinks):
        return False
    if request.sampling.stop and traits.thinking and request.effort != "none":
        return False
    if not request.tools:
        uses_tools = any(message.tool_calls or message.role == "tool" for message in request.messages)
        return request.logprobs is None and (traits.tools or not uses_tools)
    if not traits.tools or request.tool_choice.mode == "required":
        return False
    exact = any(tool.strict for tool in request.tools) or not request.parallel_tool_calls
    return traits.call_shape is None or not (exact or request.sampling.stop or request.logprobs is not None)
