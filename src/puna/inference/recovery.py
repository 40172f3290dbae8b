"""Answers that outlive the engine that began them."""

import math
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar, cast

from puna.core.capacity import Capacity
from puna.core.embeddings import Embedded
from puna.core.errors import EngineLost, InvalidRequest
from puna.core.events import Done, Finished, PromptBegun, TextDelta, Usage
from puna.core.images import Image, PartialImage, StepDone
from puna.engines.launch import Launch
from puna.inference.caller import Caller
from puna.inference.work import Work
from puna.scheduler import Claim, Lease

LOSSES = 3
"""How many crashed engines a request may have. One whose engines crash again and again may be the reason for it."""
KILLS = 50
"""How many engines a request may lose to something else, which says nothing about the request."""
GROWTH = 1024
"""How many tokens of the KV cache an answer takes at a time, where there are not enough for all to become as long
as they may."""

E = TypeVar("E")


class LeaseFor(Protocol):
    """The way to an engine of one launch: `again` is the lease that the request had on an engine that was lost."""

    def __call__(self, claim: Claim, *, again: Lease | None) -> AbstractAsyncContextManager[Lease]: ...


class CacheFull(Exception):
    """An answer can't grow further, because the others have the rest of the KV cache."""


class ContinuationRefused(EngineLost):
    """The model's template allows no answer that has begun."""


class RetryBudget:
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


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left of an answer when an engine begins on it: `sent` tokens were sent already, `left` more may follow
    (None: no limit), and `ended` says that its end was sent."""

    sent: int
    left: int | None
    ended: bool

    @property
    def spent(self) -> bool:
        """Whether nothing more may be sent. The length of the prompt is still to be had from the engine."""
        return self.ended or (self.left is not None and self.left <= 0)


class Recovery(Generic[E]):
    """One piece of work, on as many engines as it takes."""

    def __init__(
        self, work: Work[E], launch: Launch, lease_for: LeaseFor, caller: Caller, *, whole: bool = False
    ) -> None:
        self._work = work
        self._launch = launch
        self._lease_for = lease_for
        self._caller = caller
        self._whole = whole
        self._lease: Lease | None = None
        self._retries = RetryBudget()
        self._needs_all = False
        self._waited = 0.0
        self._loss = ""
        self._forget()

    async def events(self) -> AsyncGenerator[E, None]:
        """The events of the answer. Where it is wanted `whole`, none of them comes before the last is there."""
        held: list[E] = []
        while True:
            try:
                async with aclosing(self._attempt()) as events:
                    async for event in events:
                        if self._whole:
                            held.append(event)
                        else:
                            yield event
                break
            except CacheFull:
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
        self._loss = error.message.partition("\n")[0]
        if isinstance(error, ContinuationRefused):
            self._resumable = False
        if self._tokens and not self._resumable and not self._whole:
            raise error
        self._retries.spend(error)
        self._caller.retry()

    def _rest(self) -> Rest:
        limit = self._work.max_tokens
        return Rest(self._tokens, None if limit is None else limit - self._tokens, self._finished)

    def _remaining(self, rest: Rest) -> Work[E]:
        """The work that is left. Where all was sent already it is one more token, which nobody sees."""
        if not rest.sent:
            return self._work
        return self._work.after("".join(self._texts), 1 if rest.spent else rest.left)

    async def _attempt(self) -> AsyncGenerator[E, None]:
        """What one engine makes of the rest of the answer."""
        rest = self._rest()
        async with (
            self._lease_for(self._claim(), again=self._lease) as lease,
            aclosing(self._remaining(rest).run(lease.engine)) as events,
        ):
            self._lease = lease
            self._waited += lease.waited
            room = self._room(lease)
            async for event in refused_continuation(events, self._loss) if rest.sent else events:
                if isinstance(event, PromptBegun):
                    self._hear(event, rest)
                elif isinstance(event, Done):
                    yield cast("E", self._done(event, rest))
                elif isinstance(event, StepDone | PartialImage | Image):  # another engine makes the same ones
                    self._caller.begin()
                    yield cast("E", event)
                elif isinstance(event, Finished):
                    if not rest.ended:
                        yield cast("E", Finished(event.index, "length") if rest.spent else event)
                    self._finished = True
                elif not rest.spent:
                    if self._resumable and not isinstance(event, TextDelta):
                        room = self._settled(lease)
                    lease.resident.pieces += 1
                    yield self._noted(event)
                    if self._tokens > room:
                        room += self._grown(lease)

    def _hear(self, event: PromptBegun, rest: Rest) -> None:
        """The caller hears of its own prompt, not of one with a part of the answer in it."""
        if not rest.sent:
            self._caller.read(event.tokens, event.cached)

    def _done(self, event: Done, rest: Rest) -> Done:
        """The end, with the usage of the whole answer and the time until there was an engine for it."""
        usage = total_usage(event.usage, rest.sent, spent=rest.spent)
        self._caller.finish(usage)
        return Done(usage, replace(event.timings, waiting=self._waited))

    def _noted(self, event: E) -> E:
        """The event, with what has to be known to go on from here remembered."""
        if self._resumable and isinstance(event, TextDelta):
            self._texts.append(event.text)
        if not self._tokens:
            self._caller.begin()
        if isinstance(event, Embedded):
            self._caller.finish(Usage(prompt_tokens=event.tokens, completion_tokens=0))
            if not self._tokens:
                event = cast("E", replace(event, waiting=self._waited))
        self._tokens += 1
        return event

    def _settled(self, lease: Lease) -> float:
        """How many tokens the answer may have once it is more than text. It can't be continued elsewhere from then
        on, so it takes all of the cache that it may come to need. Raises CacheFull."""
        if not self._whole and self._capacity.tokens is not None:
            missing = self._context - lease.tokens
            if missing > 0 and not lease.grow(missing):
                self._needs_all = True
                raise CacheFull
        self._resumable = False
        return self._room(lease) if self._whole else math.inf

    @property
    def _capacity(self) -> Capacity:
        return self._lease.engine.capacity if self._lease else self._launch.capacity

    @property
    def _context(self) -> int:
        """The tokens one slot may have, where tokens are counted."""
        return self._capacity.context_length or self._capacity.tokens or 0

    @property
    def _grows(self) -> bool:
        """Whether the answer takes its part of the KV cache bit by bit: where not all can have a whole context, and
        it could go on later if it has to wait."""
        return self._capacity.tokens is not None and (self._resumable or self._whole)

    def _claim(self) -> Claim:
        slots, limit = self._work.slots, self._work.max_tokens
        if self._needs_all or self._capacity.tokens is None or (prompt := self._work.prompt_bound) is None:
            return Claim(slots)
        if self._grows:
            left = GROWTH if limit is None else min(GROWTH, max(0, limit - self._tokens))
            return Claim(slots, prompt + slots * (self._tokens + left))
        return Claim(slots, None if limit is None else prompt + slots * limit)

    def _room(self, lease: Lease) -> float:
        """How many tokens the answer may have before it has to take more of the cache."""
        if not self._grows or lease.tokens >= self._context or (prompt := self._work.prompt_bound) is None:
            return math.inf
        return lease.tokens - prompt

    def _grown(self, lease: Lease) -> float:
        """How many tokens more the answer may have now. Raises CacheFull."""
        if lease.tokens >= self._context:
            return math.inf
        if not lease.grow(GROWTH):
            raise CacheFull
        return GROWTH


async def refused_continuation(events: AsyncGenerator[Any, None], loss: str) -> AsyncGenerator[Any, None]:
    """The events of an answer that is continued after that loss. Some templates and servers can't do that; the
    client's request was right, though."""
    try:
        async for event in events:
            yield event
    except InvalidRequest as error:
        raise ContinuationRefused(
            f"{loss.rstrip('.')}, and the answer can't be continued: {error.message}"
        ) from error


def total_usage(usage: Usage, sent: int, *, spent: bool) -> Usage:
    """The usage of the whole answer, when `sent` tokens of it went to the engine as part of the prompt."""
    prompt = max(0, usage.prompt_tokens - sent)
    completion = sent if spent else usage.completion_tokens + sent
    return replace(
        usage, prompt_tokens=prompt, completion_tokens=completion, cached_tokens=min(usage.cached_tokens, prompt)
    )
