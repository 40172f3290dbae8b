"""A response at work: it goes on by itself, and any number of clients may listen from any point."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing
from typing import Any

from puna.api.openai.responses.answer import ResponseBuilder
from puna.api.openai.responses.items import Stored
from puna.api.openai.responses.output import WireEvent
from puna.core.errors import PunaError
from puna.core.events import Event
from puna.http import sse

_log = logging.getLogger(__name__)

Keep = Callable[["Run"], Awaitable[None]]


class Run:
    """Makes one response. `events` are those sent so far; the number of each is its place. It is `settled` when all
    of them are there but the last, which is sent when the response is kept.

    `explain` says what a client is told of an error. `keep` is called when the response is as it will
    stay, before anybody hears of it, so what is reported completed is stored.
    """

    def __init__(
        self,
        answer: ResponseBuilder,
        source: AsyncGenerator[Event, None],
        keep: Keep,
        given: Sequence[Stored] = (),
        before: Sequence[Stored] = (),
        explain: Callable[[PunaError], str] = str,
    ) -> None:
        self.answer = answer
        self.input = given
        self.before = before
        self.events: list[bytes] = []
        self.failure: PunaError | None = None
        self._keep = keep
        self._explain = explain
        self._source = source
        self._begun = asyncio.Event()
        self._news = asyncio.Event()
        self._stopping: PunaError | None = None
        self.settled = False
        self._task = asyncio.create_task(self._work())

    @property
    def done(self) -> bool:
        return self._task.done()

    @property
    def begun(self) -> bool:
        """Whether the model has said anything."""
        return self._begun.is_set()

    @property
    def response(self) -> dict[str, Any]:
        """The response object as a client may see it now: at its end when it is kept, not before."""
        found = self.answer.response
        if self.settled and not self.done:
            return {**found, "status": "in_progress", "completed_at": None, "error": None}
        return found

    def log(self) -> bytes:
        """The stream as it will have been when it has ended."""
        last = numbered(self.answer.closing, len(self.events))
        return b"".join([*self.events, last])

    async def begin(self) -> None:
        """Wait for the model's first sign.

        Raises:
            PunaError: there will be none.
        """
        await self._begun.wait()
        if self.failure and not self.answer.response["output"]:
            raise self.failure

    async def whole(self) -> dict[str, Any]:
        """The response object, once it is as it will stay.

        Raises:
            PunaError: it failed.
        """
        await asyncio.shield(self._task)
        if self.failure:
            raise self.failure
        return self.answer.response

    async def stream(self, after: int = -1) -> AsyncGenerator[bytes, None]:
        """The events that follow the one of that number, as they come."""
        async for blocks in self.blocks(after):
            yield b"".join(blocks)

    async def blocks(self, after: int = -1) -> AsyncGenerator[list[bytes], None]:
        """The same, each event by itself; several that came together come together."""
        sent = after + 1
        while True:
            news = self._news
            if sent < len(self.events):
                blocks = self.events[sent:]
                sent = len(self.events)
                yield blocks
            elif self._task.done():
                return
            else:
                await news.wait()

    async def stop(self, reason: PunaError | None = None) -> None:
        """End it: cancelled, or failed where there is a reason. One that is settled already stays as it is."""
        if not self.settled:
            self._stopping = reason
            self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def give_up(self) -> None:
        """End it, kept or not."""
        self._task.cancel()

    async def _work(self) -> None:
        try:
            closing = await self._generate()
        except asyncio.CancelledError:
            closing = self._fail(self._stopping) if self._stopping else self.answer.cancel()
        except PunaError as error:
            self.failure = error
            closing = self._fail(error)
        except Exception as error:
            _log.exception("a response failed")
            self.failure = PunaError(f"internal error: {type(error).__name__}")
            closing = self._fail(self.failure)
        self._emit(closing)
        self.settled = True
        try:
            await self._keep(self)
        except PunaError as error:
            self.failure = error
            self._emit(self._fail(error))
        self._emit([self.answer.closing])
        self._begun.set()

    def _fail(self, error: PunaError) -> Iterable[WireEvent]:
        return self.answer.fail(error, self._explain(error))

    async def _generate(self) -> Iterable[WireEvent]:
        self._emit(self.answer.begin())
        async with aclosing(self._source) as source:
            async for event in source:
                self._emit(self.answer.feed(event))
                self._begun.set()
        return self.answer.complete()

    def _emit(self, events: Iterable[WireEvent]) -> None:
        for event in events:
            self.events.append(numbered(event, len(self.events)))
        news, self._news = self._news, asyncio.Event()
        news.set()


def numbered(event: WireEvent, number: int) -> bytes:
    """A server-sent event, as OpenAI frames those of the Responses API: with its name before the data."""
    return sse.event({**event, "sequence_number": number}, event["type"])
