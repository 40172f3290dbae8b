"""More choices than an engine works on at once."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace

from puna.core.events import Done, Event, Timings, Usage
from puna.core.requests import ChatRequest

Answer = Callable[[ChatRequest], AsyncGenerator[Event, None]]


async def in_batches(request: ChatRequest, largest: int, answer: Answer) -> AsyncGenerator[Event, None]:
    """The events of all choices, of which `answer` is asked for `largest` at a time. The prompt of a later batch is
    in the engine's cache."""
    if request.choices <= largest:
        async with aclosing(answer(request)) as events:
            async for event in events:
                yield event
        return
    total = Done(Usage(0, 0))
    for first in range(0, request.choices, largest):
        async with aclosing(answer(batch(request, first, largest))) as events:
            async for event in events:
                if isinstance(event, Done):
                    total = added(total, event, first=first == 0)
                else:
                    yield replace(event, index=event.index + first)
    yield total


def batch(request: ChatRequest, first: int, largest: int) -> ChatRequest:
    """The choices from `first` on, with a seed that those before did not use."""
    sampling = request.sampling
    if sampling.seed is not None:
        sampling = replace(sampling, seed=(sampling.seed + first) % (2**32 - 1))
    return replace(request, choices=min(largest, request.choices - first), sampling=sampling)


def added(total: Done, batch: Done, *, first: bool) -> Done:
    usage, more = total.usage, batch.usage
    return Done(
        Usage(
            more.prompt_tokens,
            usage.completion_tokens + more.completion_tokens,
            more.cached_tokens if first else usage.cached_tokens,
            usage.reasoning_tokens + more.reasoning_tokens,
        ),
        Timings(
            total.timings.prompt + batch.timings.prompt,
            total.timings.completion + batch.timings.completion,
        ),
    )
