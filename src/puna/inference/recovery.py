"""Answers that outlive the engine that began them."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import replace
from typing import Generic, TypeVar

from puna.core.errors import EngineLost, InvalidRequest
from puna.core.events import Done, Event, Finished, TextDelta, Usage
from puna.inference.work import Work
from puna.observation.journal import current
from puna.scheduler import Claim, Lease
from puna.scheduler.claim import Launch

LOSSES = 3
"""A request whose engine crashed that often may be the reason, and is given up."""
KILLS = 50
"""Engines that something else killed say nothing about the request."""
GROWTH = 1024
"""How many tokens of the KV cache an answer takes at a time, where there are not enough for all to become as long
as they may."""

L = TypeVar("L", bound=Launch)

LeaseFor = Callable[[Claim, Lease[L] | None], AbstractAsyncContextManager[Lease[L]]]


class Crowded(Exception):
    """An answer can't grow further, because the others have the rest of the KV cache."""


class Patience:
    """How often a request may lose its engine."""

    def __init__(self) -> None:
        self._losses = 0
        self._kills = 0

    def spend(self, error: EngineLost) -> None:
        """Count a loss; raise it where the request has had enough of them."""
        self._losses += error.own_fault
        self._kills += 1
        if self._losses >= LOSSES or self._kills >= KILLS:
            raise error
        current().retries += 1


class Answer(Generic[L]):
    """One piece of work, on as many engines as it takes."""

    def __init__(self, work: Work, launch: L, lease_for: LeaseFor[L], *, whole: bool) -> None:
        self._work = work
        self._launch = launch
        self._lease_for = lease_for
        self._whole = whole
        self._lease: Lease[L] | None = None
        self._patience = Patience()
        self._needs_all = False
        self._forget()

    async def events(self) -> AsyncGenerator[Event, None]:
        """The events of the answer. Where it is wanted `whole`, none of them comes before the last is there."""
        held: list[Event] = []
        while True:
            try:
                async with aclosing(self._attempt()) as events:
                    async for event in events:
                        if self._whole:
                            held.append(event)
                        else:
                            yield event
                break
            except Crowded:
                pass
            except EngineLost as error:
                self._weigh(error)
            if self._tokens and not self._resumable:
                held.clear()
                self._forget()
        for event in held:
            yield event

    def _forget(self) -> None:
        """Begin at the beginning."""
        self._texts: list[str] = []
        self._tokens = 0
        self._finished = False
        self._resumable = self._work.resumable

    def _weigh(self, error: EngineLost) -> None:
        """Go on after a loss, or raise it where that is of no use or not possible."""
        if isinstance(error, ContinuationRefused):
            self._resumable = False
        if self._tokens and not self._resumable and not self._whole:
            raise error
        self._patience.spend(error)

    async def _attempt(self) -> AsyncGenerator[Event, None]:
        sent, limit = self._tokens, self._work.max_tokens
        left = None if limit is None else limit - sent
        ended = self._finished
        spent = ended or (left is not None and left <= 0)
        # Where all was sent already, one more token, which nobody sees, tells the length of the prompt.
        work = self._work.after("".join(self._texts), 1 if spent else left) if sent else self._work
        async with (
            self._lease_for(self._claim(), self._lease) as lease,
            aclosing(work.run(lease.engine)) as events,
        ):
            self._lease = lease
            room = self._room(lease)
            async for event in refused_continuation(events) if sent else events:
                if isinstance(event, Done):
                    usage = joined(event.usage, sent, spent=spent)
                    current().finish(usage)
                    yield replace(event, usage=usage)
                elif isinstance(event, Finished):
                    if not ended:
                        yield Finished(event.index, "length") if spent else event
                    self._finished = True
                elif not spent:
                    if self._resumable and not isinstance(event, TextDelta):
                        room = self._settled(lease)
                    self._note(event)
                    yield event
                    if self._tokens > room:
                        room += self._grown(lease)

    def _note(self, event: Event) -> None:
        """Remember what has to be known to go on from here."""
        if self._resumable and isinstance(event, TextDelta):
            self._texts.append(event.text)
        if not self._tokens:
            current().begin()
        self._tokens += 1

    def _settled(self, lease: Lease[L]) -> float:
        """From here on the answer is more than text and can't be continued elsewhere: it needs all it may come to."""
        missing = self._launch.context_length - lease.tokens
        if not self._whole and missing > 0 and not lease.grow(missing):
            self._needs_all = True
            raise Crowded
        self._resumable = False
        return float("inf") if not self._whole else self._room(lease)

    @property
    def _grows(self) -> bool:
        """Whether the answer takes its part of the KV cache bit by bit: where not all can have a whole context, and
        it could go on later if it has to wait."""
        launch = self._launch
        return launch.cache_tokens < launch.sequences * launch.context_length and (self._resumable or self._whole)

    def _claim(self) -> Claim:
        work, choices = self._work, self._work.choices
        prompt, limit = work.prompt_bound, work.max_tokens
        if (
            self._needs_all
            or prompt is None
            or self._launch.cache_tokens >= self._launch.sequences * self._launch.context_length
        ):
            return Claim(choices)
        if self._grows:
            left = GROWTH if limit is None else min(GROWTH, max(0, limit - self._tokens))
            return Claim(choices, prompt + choices * (self._tokens + left))
        return Claim(choices, None if limit is None else prompt + choices * limit)

    def _room(self, lease: Lease[L]) -> float:
        """How many tokens the answer may have before it has to take more of the cache."""
        prompt = self._work.prompt_bound
        if prompt is None or not self._grows or lease.tokens >= self._launch.context_length:
            return float("inf")
        return lease.tokens - prompt

    def _grown(self, lease: Lease[L]) -> float:
        if lease.tokens >= self._launch.context_length:
            return float("inf")
        if not lease.grow(GROWTH):
            raise Crowded
        return GROWTH


async def refused_continuation(events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
    """The events of a continued answer. Some templates can't be continued; the client's request was right, though."""
    try:
        async for event in events:
            yield event
    except InvalidRequest as error:
        raise ContinuationRefused(
            f"the engine was lost, and its answer can't be continued: {error.message}"
        ) from error


class ContinuationRefused(EngineLost):
    """The model's template allows no answer that has begun."""


def joined(usage: Usage, sent: int, *, spent: bool) -> Usage:
    """The usage of the whole answer, when `sent` tokens of it went to the engine as part of the prompt."""
    prompt = max(0, usage.prompt_tokens - sent)
    completion = sent if spent else usage.completion_tokens + sent
    return replace(
        usage, prompt_tokens=prompt, completion_tokens=completion, cached_tokens=min(usage.cached_tokens, prompt)
    )
