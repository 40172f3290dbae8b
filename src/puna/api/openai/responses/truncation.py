"""`truncation: auto`: the oldest items go until the rest fits the model's context."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace

from puna.core.errors import ContextLengthExceeded
from puna.core.events import Event
from puna.core.messages import Message, Text
from puna.core.requests import ChatRequest

ANSWER_SHARE = 8
"""At least an eighth of the context is left to the answer, or as much as it may have, if that is less."""


async def fitted(
    ask: Callable[[ChatRequest], AsyncGenerator[Event, None]], request: ChatRequest
) -> AsyncGenerator[Event, None]:
    """Ask, and again with fewer messages as long as they are too many. The engine's own count says how much is
    over; how much a message takes is estimated by its share of the characters, so it may need a few turns.

    Raises:
        ContextLengthExceeded: even the last message alone is too long.
    """
    while True:
        try:
            async with aclosing(ask(request)) as events:
                async for event in events:
                    yield event
            return
        except ContextLengthExceeded as error:
            shorter = shorten(request, error)
            if shorter is None:
                raise
            request = shorter


def shorten(request: ChatRequest, error: ContextLengthExceeded) -> ChatRequest | None:
    """The request without its oldest messages; None where nothing is left that may go."""
    messages = request.messages
    room = error.context_length // ANSWER_SHARE
    room = min(room, request.sampling.max_tokens or room)
    surplus = error.prompt_tokens + room - error.context_length
    characters = surplus / max(1, error.prompt_tokens) * sum(map(length, messages))
    droppable = [index for index in range(last_turn(messages)) if messages[index].role != "system"]
    dropped: set[int] = set()
    for index in droppable:
        if dropped and characters <= 0 and not answers_dropped(messages, index):
            break
        dropped.add(index)
        characters -= length(messages[index])
    if not dropped:
        return None
    return replace(request, messages=tuple(m for index, m in enumerate(messages) if index not in dropped))


def last_turn(messages: Sequence[Message]) -> int:
    """Where the part begins that has to stay: the last message, and with results the calls they belong to."""
    start = len(messages) - 1
    while start > 0 and messages[start].role == "tool":
        start -= 1
    return start


def answers_dropped(messages: Sequence[Message], index: int) -> bool:
    """Whether the message makes no sense without those before it: a tool's result goes with its call, and a
    conversation does not begin with an answer."""
    return messages[index].role in ("tool", "assistant")


def length(message: Message) -> int:
    """How much a message weighs, in characters; a picture counts as much as a page."""
    parts = sum(len(part.text) if isinstance(part, Text) else 3000 for part in message.content)
    return parts + sum(len(call.arguments) + len(call.name) for call in message.tool_calls) + 16
