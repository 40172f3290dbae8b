"""Answers that fit their schemas, also where no grammar holds all of them: they are generated again until they do."""

import secrets
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any, TypeVar

from puna.core.completions import CompletionRequest
from puna.core.errors import EngineFailed, EngineLost, NotHeld, SchemaNotMet
from puna.core.events import Done, Finished
from puna.core.requests import ChatRequest
from puna.structured.promises import Promises
from puna.structured.violations import Violation

Request = TypeVar("Request", ChatRequest, CompletionRequest)

LARGEST_SEED, STRIDE = 2**31, 7919
"""Several choices have seeds that follow one another; those of the next attempt have to be others."""
WARMTH = 0.7
"""The least temperature of further attempts: at 0 each would be the first one again."""


def fitting(
    request: Request, generate: Callable[[Request], AsyncGenerator[Any, None]], attempts: int
) -> AsyncGenerator[Any, None]:
    """The events of an answer that fits its schemas.

    What the engine's grammar holds is streamed as it comes. Anything else is kept back until it is whole and was
    checked, and generated again with another seed where it does not fit, up to that many `attempts`.

    Raises:
        SchemaNotMet: none of the attempts fits.
        EngineFailed: the engine stalled at it; the next one is spared.
    """
    promises = Promises(request)
    return kept(promises, request, generate, attempts) if promises else generate(request)


async def kept(
    promises: Promises, request: Request, generate: Callable[[Request], AsyncGenerator[Any, None]], attempts: int
) -> AsyncGenerator[Any, None]:
    """The events of an answer that keeps its promises."""
    try:
        try:
            async with aclosing(streamed(promises, generate(request))) as events:
                async for event in events:
                    yield event
        except NotHeld:
            async with aclosing(kept_back(promises, request, generate, attempts)) as events:
                async for event in events:
                    yield event
    except EngineLost as error:
        if error.stalled:
            raise EngineFailed(
                "The engine stalled while it enforced the schema of this answer.", log=error.log
            ) from error
        raise


async def streamed(promises: Promises, events: AsyncGenerator[Any, None]) -> AsyncGenerator[Any, None]:
    """Events as they come. An engine that gave up its grammar on the way is found out before a choice ends well."""
    choices: dict[int, list[Any]] = {}
    async with aclosing(events):
        async for event in events:
            if hasattr(event, "index"):
                choices.setdefault(event.index, []).append(event)
            if isinstance(event, Finished) and (found := await promises.broken(choices.pop(event.index))):
                raise not_met(found, 1)
            yield event


async def kept_back(
    promises: Promises, request: Request, generate: Callable[[Request], AsyncGenerator[Any, None]], attempts: int
) -> AsyncGenerator[Any, None]:
    """The events of choices that all fit, when the last of them is there."""
    fit: dict[int, list[Any]] = {}
    done: Done | None = None
    for attempt in range(attempts):
        choices: dict[int, list[Any]] = {}
        async with aclosing(generate(warmed(request, attempt))) as events:
            async for event in events:
                if isinstance(event, Done):
                    done = event if done is None else done.with_more(event)
                elif hasattr(event, "index"):
                    choices.setdefault(event.index, []).append(event)
        failed = None
        for index, own in choices.items():
            if index not in fit:
                found = await promises.broken(own)
                if found is None:
                    fit[index] = own
                failed = failed or found
        if failed is None:
            for index in sorted(fit):
                for event in fit[index]:
                    yield event
            yield done
            return
    assert failed
    raise not_met(failed, attempts)


def warmed(request: Request, attempt: int) -> Request:
    """The request of an attempt: after the first with another seed, and warm enough for that to matter."""
    if attempt == 0:
        return replace(request, checked=True)
    sampling = request.sampling
    before = secrets.randbelow(LARGEST_SEED) if sampling.seed is None else sampling.seed
    seed = (before + attempt * STRIDE) % LARGEST_SEED
    warm = max(WARMTH, 1.0 if sampling.temperature is None else sampling.temperature)
    return replace(request, checked=True, sampling=replace(sampling, seed=seed, temperature=warm))


def not_met(found: Violation, attempts: int) -> SchemaNotMet:
    times = "" if attempts == 1 else f" after {attempts} attempts"
    return SchemaNotMet(f"The model's answer does not fit its schema{times}: {found}.")
