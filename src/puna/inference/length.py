"""Prompts that are far too long are refused by their bytes: to count their tokens would take memory and time."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TypeVar

from puna.core.errors import ContextLengthExceeded
from puna.core.messages import Message
from puna.core.subjects import Conversation, Subject
from puna.library.model import Model

T = TypeVar("T")
Prompt = tuple[Subject, str]
"""A text that goes into a prompt whole, and what part of the request it is."""


def said(messages: Sequence[Message]) -> list[Prompt]:
    """What the user said. Of other messages a chat template may leave something out, and around this white space."""
    return [(Conversation(), "".join(message.text.strip() for message in messages if message.role == "user"))]


def may_be_too_long(prompts: Sequence[Prompt], context_length: int) -> bool:
    """Whether any prompt has more characters than the context has tokens, so that a closer look is worth while."""
    return any(len(text) > context_length for _, text in prompts)


async def unless_too_long(
    events: AsyncGenerator[T, None], model: Model, prompts: Sequence[Prompt], context_length: int
) -> AsyncGenerator[T, None]:
    """The events of an answer, unless one of its prompts has more bytes than so many tokens can stand for.

    Raises ContextLengthExceeded.
    """
    async with aclosing(events):
        await asyncio.to_thread(check, model, prompts, context_length)
        async for event in events:
            yield event


def check(model: Model, prompts: Sequence[Prompt], context_length: int) -> None:
    """Raises ContextLengthExceeded for a prompt that is certainly too long."""
    longest = model.longest_token
    if longest is None:
        return
    for about, text in prompts:
        least = -(-len(text.encode(errors="replace")) // longest)
        if least > context_length:
            raise ContextLengthExceeded(least, context_length, about=about, at_least=True)
