"""Conversations that were refused for their length: a client that sends one again and again costs nothing."""

import asyncio
import hashlib
import pickle
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeVar

from puna.core.errors import ContextLengthExceeded
from puna.core.messages import Text
from puna.core.requests import ChatRequest

T = TypeVar("T")
MOST_KNOWN = 256


class Refused:
    """The last such conversations, by the digest of what makes their prompts."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, ContextLengthExceeded] = OrderedDict()

    def unless_known(
        self, events: AsyncGenerator[T, None], model: str, request: ChatRequest, context_length: int
    ) -> AsyncGenerator[T, None]:
        """The events of an answer. Raises ContextLengthExceeded where the same conversation was too long for the
        model before: nobody counts its tokens again."""
        if length_of(request) <= context_length // 2:  # too short to be looked for
            return events
        return self._looked_up(events, model, request, context_length)

    async def _looked_up(
        self, events: AsyncGenerator[T, None], model: str, request: ChatRequest, context_length: int
    ) -> AsyncGenerator[T, None]:
        async with aclosing(events):
            key = await asyncio.to_thread(digest, model, request, context_length)
            if error := self._known.get(key):
                self._known.move_to_end(key)
                raise again(error)
            try:
                async for event in events:
                    yield event
            except ContextLengthExceeded as error:
                self._known[key] = again(error)
                if len(self._known) > MOST_KNOWN:
                    self._known.popitem(last=False)
                raise


def again(error: ContextLengthExceeded) -> ContextLengthExceeded:
    """The same error, without what led to it."""
    return ContextLengthExceeded(
        error.prompt_tokens, error.context_length, about=error.about, at_least=error.at_least
    )


def length_of(request: ChatRequest) -> int:
    """The characters of the conversation's texts and of the tools' schemas, about."""
    texts = sum(len(part.text) for message in request.messages for part in message.content if isinstance(part, Text))
    calls = sum(len(call.arguments) for message in request.messages for call in message.tool_calls)
    return texts + calls + sum(len(str(tool.parameters)) + len(tool.description) for tool in request.tools)


def digest(model: str, request: ChatRequest, context_length: int) -> bytes:
    """What stands for all that a prompt is made of."""
    made_of = (
        *(model, context_length, request.messages, request.tools, request.tool_choice, request.effort),
        *(dict(request.template_variables), request.generation_prompt),
    )
    return hashlib.sha256(pickle.dumps(made_of)).digest()
