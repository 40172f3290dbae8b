"""How an engine's process is started, and one that is started before anybody knows what it will load."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple
from weakref import WeakKeyDictionary

from puna.engines.process.confinement import environment
from puna.engines.process.log import EngineLog

SPARE_SECONDS = 10.0
"""How long a process may wait to be told what to load."""


class Spawned(NamedTuple):
    """A process and its log."""

    process: asyncio.subprocess.Process
    log: EngineLog

    @property
    def alive(self) -> bool:
        return self.process.returncode is None

    async def end(self) -> None:
        """End a process that was told nothing yet."""
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        await self.log.end()


_spares: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Task[Spawned]]] = WeakKeyDictionary()


async def spawn(module: str) -> Spawned:
    """The process of a Python module, which waits to be told what to load: the spare one, where there is one."""
    waiting = _spares.get(asyncio.get_running_loop(), {}).pop(module, None)
    if waiting is not None and (spare := await waiting).alive:
        return spare
    return await _start(module)


@asynccontextmanager
async def spare(module: str) -> AsyncIterator[asyncio.Task[Spawned]]:
    """Start a module's process now: it imports what it needs while this one does, and the first engine of that kind
    is there sooner. When the context is left, or when too much time has passed, it is ended, if nobody needed it."""
    loop = asyncio.get_running_loop()
    starting = asyncio.create_task(_start(module))
    spares = _spares.setdefault(loop, {})
    spares[module] = starting
    await asyncio.sleep(0)  # whatever the caller imports next, the process is under way
    giving_up = asyncio.create_task(_give_up(spares, module, SPARE_SECONDS))
    try:
        yield starting
    finally:
        giving_up.cancel()
        await _give_up(spares, module, 0)


async def _give_up(spares: dict[str, asyncio.Task[Spawned]], module: str, seconds: float) -> None:
    """End a spare process that is still there after so many seconds."""
    await asyncio.sleep(seconds)
    if waiting := spares.pop(module, None):
        await (await waiting).end()


async def _start(module: str) -> Spawned:
    log = EngineLog()
    with log.pipe() as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-P", "-m", module),  # -P: nothing is imported from the folder that it is started in
            env=environment(os.environ),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            start_new_session=True,  # a Ctrl-C in the server's terminal is for the server
        )
    await log.start()
    return Spawned(process, log)
