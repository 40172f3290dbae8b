"""What is cleared of a long conversation before the model reads it, and what the answer says of that."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from puna.core.requests import ChatRequest

Count = Callable[[ChatRequest], Awaitable[int]]


def without_older_thoughts(request: ChatRequest, kept: int | None) -> ChatRequest:
    """The request in which only the last turns have their thoughts, so many of those that have some; all for None."""
    places = turns_with_thoughts(request)
    cleared = [] if kept is None else places[: max(0, len(places) - kept)]
    if not cleared:
        return request
    messages = tuple(
        replace(message, reasoning=None) if place in cleared else message
        for place, message in enumerate(request.messages)
    )
    return replace(request, messages=messages)


def turns_with_thoughts(request: ChatRequest) -> list[int]:
    return [place for place, message in enumerate(request.messages) if message.reasoning]


async def applied_edits(whole: ChatRequest, cleared: ChatRequest, count: Count) -> list[dict[str, Any]]:
    """What was done to the whole conversation, in turns and in tokens, which are counted where something was done."""
    if cleared is whole:
        return []
    tokens = await count(whole) - await count(cleared)
    return [
        {
            "type": "clear_thinking_20251015",
            "cleared_thinking_turns": len(turns_with_thoughts(whole)) - len(turns_with_thoughts(cleared)),
            "cleared_input_tokens": tokens,
        }
    ]
