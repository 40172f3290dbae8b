"""How the server ends: what runs is finished first, for a while."""

import asyncio
import logging
import os
import signal
from contextlib import suppress
from socket import socket
from types import FrameType

import uvicorn

from puna.scheduler import Scheduler
from puna.serving.drain import DrainState

CONNECTION_SECONDS = 3
"""How long connections may take to close once nothing runs any more."""
RESPONSE_SECONDS = 2.0
"""How long the answers that are cut off have to tell their clients so."""

_log = logging.getLogger("puna")


class GracefulServer(uvicorn.Server):
    """uvicorn's server, which at the first signal refuses new requests and finishes those in progress, within
    `seconds`, then ends; at the second signal it ends at once. Engines end with their parent."""

    def __init__(self, config: uvicorn.Config, draining: DrainState, scheduler: Scheduler, seconds: float) -> None:
        super().__init__(config)
        self._draining = draining
        self._scheduler = scheduler
        self._seconds = seconds
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._draining.closed or self._loop is None:
            os._exit(128 + sig)
        self._draining.closed = True
        self._loop.call_soon_threadsafe(self._begin_to_end, sig)

    def _begin_to_end(self, sig: int) -> None:
        _log.info("%s: finishing running requests; a second signal stops at once", signal.Signals(sig).name)
        self._ending = asyncio.create_task(self._end())

    async def _end(self) -> None:
        self._scheduler.refuse()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._draining.idle(), self._seconds)
        await self._scheduler.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._draining.idle(), RESPONSE_SECONDS)
        self.should_exit = True
