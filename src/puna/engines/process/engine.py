"""The life of an engine that is a process."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

from puna.core.capacity import Capacity
from puna.core.errors import EngineLost
from puna.engines.engine import Engine
from puna.engines.process.client import EngineClient
from puna.engines.process.process import EngineProcess


class ProcessEngine(Engine):
    """An engine's process and the client that speaks to it.

    An engine that has work and gives no sign of life for `stall_timeout` seconds is ended.
    """

    def __init__(
        self, process: EngineProcess, client: EngineClient, capacity: Capacity, stall_timeout: float
    ) -> None:
        self.process = process
        self.client = client
        self._capacity = capacity
        self._stall_timeout = stall_timeout

    async def ready(self, load_timeout: float) -> Self:
        """This engine, once it answers; one that does not within so many seconds is ended.

        Raises:
            EngineFailed: it refused to be asked what it can do.
            EngineLost: it ended, or does not answer.
        """
        try:
            await asyncio.wait_for(self.greet(), load_timeout if load_timeout < math.inf else None)
        except (ConnectionError, TimeoutError) as error:
            if isinstance(error, TimeoutError):
                self.process.kill("the engine serves, but does not answer")
            failure = await self._failure()
            await self.close()
            raise failure from error
        except BaseException:
            await self.close()
            raise
        return self

    async def greet(self) -> None:
        """The first thing that is asked of it."""
        await self.client.get("/health")

    @property
    def capacity(self) -> Capacity:
        return self._capacity

    @property
    def alive(self) -> bool:
        return self.process.alive

    def used_memory(self) -> int | None:
        return self.process.used_memory()

    async def ended(self) -> EngineLost:
        probing = asyncio.create_task(self._kill_if_stalled())
        try:
            await self.process.ended()
        finally:
            probing.cancel()
        return self.process.failure("the engine ended")

    async def close(self) -> None:
        await self.process.stop()

    @asynccontextmanager
    async def answering(self) -> AsyncIterator[None]:
        """Turns a broken connection into the reason why it broke. Raises EngineLost."""
        try:
            yield
        except ConnectionError as error:
            raise await self._failure() from error

    async def _kill_if_stalled(self) -> None:
        """Ask an engine that is silent though it has work whether it lives, and end it when it does not say so."""
        patience = self._stall_timeout / 2
        while patience < math.inf:
            await asyncio.sleep(patience)
            if self.client.silence >= patience and not await self.client.answers(patience):
                self.process.kill(f"the engine gave no sign of life for {self._stall_timeout:g} seconds")

    async def _failure(self) -> EngineLost:
        await self.process.settle()
        return self.process.failure("the engine broke off its answer")
