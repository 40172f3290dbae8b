"""Which way a chat goes, and what is refused before it does."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from puna.core.errors import InvalidRequest, UnsupportedSchema
from puna.core.events import ChatEvent
from puna.core.messages import Audio, Image
from puna.core.requests import ChatRequest
from puna.core.sampling import Sampling
from puna.core.subjects import MessageAt, Setting, ToolSchema
from puna.core.tools import Tool
from puna.engines.llama.chat.conversation import Conversation
from puna.engines.llama.chat.native import NativeChat
from puna.engines.llama.chat.rendered import RenderedChat, is_bound
from puna.engines.llama.chat.traits import Traits
from puna.engines.llama.grammar.constraint import check_tools

NO_TEMPLATE = "This model has no chat template: it only continues text and"


@dataclass(frozen=True, slots=True)
class Row:
    """Requests that go one way, and why."""

    way: type[RenderedChat] | type[NativeChat]
    reason: str
    applies: Callable[[ChatRequest, Traits], Any]


WAYS = (
    Row(RenderedChat, "there is no call to read", lambda request, _: not request.tools),
    Row(RenderedChat, "the template renders no tools, so Puna describes them", lambda _, traits: not traits.tools),
    Row(RenderedChat, "Puna can read the template's form of a call", lambda _, traits: traits.call_form),
    Row(RenderedChat, "Puna reads Harmony, the format of gpt-oss", lambda _, traits: traits.harmony),
    Row(
        RenderedChat,
        "a call is forced or strict, or JSON is asked for: the engine makes sure of none of that",
        lambda request, _: is_bound(request),
    ),
    Row(NativeChat, "only the engine's parser can read the template's form of a call", lambda *_: True),
)
"""The first row that applies counts."""


def way(conversation: Conversation, request: ChatRequest) -> RenderedChat | NativeChat:
    """How that request is answered."""
    row = next(row for row in WAYS if row.applies(request, conversation.traits))
    return row.way(conversation, request)


async def answer(conversation: Conversation, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
    """Answer a conversation.

    Raises:
        InvalidRequest: the model can't do what is asked.
        ConnectionError: the engine broke off.
    """
    check(request, conversation.traits)
    request = offered(request)
    try:
        async with aclosing(way(conversation, request).events()) as events:
            async for event in events:
                yield event
    except InvalidRequest as error:
        if error.about is None:
            await check_tools(request.tools)  # the engine does not say which schema it is
        raise


async def count_tokens(conversation: Conversation, request: ChatRequest) -> int:
    """How many tokens the prompt of that conversation has; pictures count as their placeholder. Raises as `answer`
    does."""
    check(request, conversation.traits)
    prompt = await way(conversation, offered(request)).prompt()
    return len(await conversation.tokens(prompt, special=True))


def check(request: ChatRequest, traits: Traits) -> None:
    """Raises `InvalidRequest` for what llama-server would pass over in silence, or refuse in words of its own."""
    if traits.bare:
        check_bare(request)
    for from_end, message in enumerate(reversed(request.messages), 1):
        if not traits.vision and any(isinstance(part, Image) for part in message.content):
            raise InvalidRequest("This model does not support images.", about=MessageAt(from_end), code="no_vision")
        if not traits.audio and any(isinstance(part, Audio) for part in message.content):
            raise InvalidRequest("This model does not support audio.", about=MessageAt(from_end), code="no_audio")
    for tool in request.tools:
        check_arguments(tool)
    check_bias(request.sampling, traits)


def check_bare(request: ChatRequest) -> None:
    """Raises `InvalidRequest` for tools, which a model without a template has no words for."""
    if request.tools and request.tool_choice.mode != "none":
        raise InvalidRequest(f"{NO_TEMPLATE} can't call tools.", about=Setting("tools"), code="no_tools")
    for from_end, message in enumerate(reversed(request.messages), 1):
        if message.tool_calls or message.role == "tool":
            raise InvalidRequest(f"{NO_TEMPLATE} can't read calls.", about=MessageAt(from_end), code="no_tools")


def check_arguments(tool: Tool) -> None:
    """Raises `UnsupportedSchema` where a function's arguments are no object: there is no other form of a call."""
    types = tool.parameters.get("type", "object")
    if "object" not in (types if isinstance(types, list) else [types]):
        raise UnsupportedSchema("the arguments of a function have to be an object", ToolSchema(tool.name, ("type",)))


def check_bias(sampling: Sampling, traits: Traits) -> None:
    """Raises `InvalidRequest` for a token that the model does not have."""
    for token, _ in sampling.logit_bias or ():
        if token >= traits.vocabulary:
            message = f"This model has no token {token}: its tokens are 0 to {traits.vocabulary - 1}."
            raise InvalidRequest(message, about=Setting("logit_bias"), code="invalid_value")


def offered(request: ChatRequest) -> ChatRequest:
    """The request with no tools but those the model may call. Where one is named it is called once."""
    choice = request.tool_choice
    if choice.mode == "none":
        return replace(request, tools=())
    if choice.names is None:
        return request
    tools = tuple(tool for tool in request.tools if tool.name in choice.names)
    named = choice.mode == "required" and len(choice.names) == 1
    return replace(request, tools=tools, parallel_tool_calls=request.parallel_tool_calls and not named)
