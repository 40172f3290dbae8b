"""What other servers on the same database learn of background responses while this server makes them."""

import asyncio
from contextlib import suppress

from puna.api.openai.responses.run import Run
from puna.core.errors import PunaError
from puna.state.errors import StateError
from puna.state.live import Part
from puna.state.state import State
from puna.state.stored import CANCELLING

PUBLISHING = 0.25
"""How often, in seconds, what has come is stored, in one transaction for all responses."""


class Published:
    """The background responses at work. Each of them has the number of events that are stored already."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._stored: dict[Run, int] = {}
        self._task: asyncio.Task[None] | None = None

    def add(self, run: Run) -> None:
        """Store what comes of a response, until all of it is stored at its end."""
        self._stored[run] = 0
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._publish())

    def close(self) -> None:
        """Store nothing more."""
        if self._task:
            self._task.cancel()

    async def _publish(self) -> None:
        while self._stored:
            await asyncio.sleep(PUBLISHING)
            self._stored = {run: count for run, count in self._stored.items() if not run.settled}
            if self._stored:
                with suppress(StateError):  # what it does not take now it gets next time
                    await self._store()

    async def _store(self) -> None:
        """Store what has come, and end what clients of other servers want no more."""
        stores = await self._state.open()
        runs = dict(self._stored)
        parts = {
            run.answer.id: Part(len(run.events) - 1, b"".join(run.events[stored:])) for run, stored in runs.items()
        }
        over = await stores.live.add(parts)
        for run in runs:
            self._stored[run] = parts[run.answer.id].last + 1
            if (key := run.answer.id) in over:
                cancelled = over[key] == CANCELLING
                await run.stop(None if cancelled else PunaError("The response was ended on another server."))
