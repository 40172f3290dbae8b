"""An engine's process, as its parent sees it: started, watched, ended."""

import asyncio
import json
import math
import secrets
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from puna.core.errors import EngineFailed, EngineLost
from puna.engines.process.log import EngineLog, without_folders
from puna.engines.process.spawn import spawn

ERROR_LINES = 12
"""How much of it an error shows."""
STOP_SECONDS = 2.0
"""How long an engine may take to leave by itself."""
SETTLE_SECONDS = 0.5
"""How long after a broken connection the end of the process may come."""
PROGRESS_CHECKS = 20
"""How often, within the time that loading may stand still, it is looked whether it does."""


class ProcessLaunch(Protocol):
    """What an engine's process is started from."""

    @property
    def module(self) -> str:
        """The Python module that is run, with `python -m`."""

    @property
    def name(self) -> str:
        """What is loaded, for whoever reads an error."""

    def to_json(self) -> dict[str, Any]:
        """What the process is told."""


class EngineProcess:
    """A running engine: where it listens (`address`), the key it wants, its log."""

    def __init__(self, process: asyncio.subprocess.Process, key: str, log: EngineLog) -> None:
        self.address = ""
        self.key = key
        self._log = log
        self._process = process
        self._killed_for = ""
        self._out_of_memory_before = out_of_memory_kills()

    @classmethod
    async def start(cls, launch: ProcessLaunch, *, stall_seconds: float = 300.0) -> "EngineProcess":
        """Start the engine and wait until it serves.

        Raises:
            EngineFailed: it ended before that; the error carries the end of its log.
            EngineLost: something killed it, or it made no progress for `stall_seconds`.
        """
        process, log = await spawn(launch.module)
        engine = cls(process, secrets.token_urlsafe(32), log)
        watching = asyncio.create_task(engine._kill_if_stalled(stall_seconds))
        try:
            await engine._await_address(launch)
            log.take_leisure()
        except BaseException:
            await engine.stop()
            raise
        finally:
            watching.cancel()
        return engine

    @property
    def id(self) -> int:
        """The operating system's process id."""
        return self._process.pid

    @property
    def log(self) -> list[str]:
        """The last lines of its log."""
        return list(self._log.lines)

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    def used_memory(self) -> int | None:
        """How many bytes of the machine's memory it has, with its children; None once it has ended."""
        import psutil

        try:
            process = psutil.Process(self.id)
            return sum(member.memory_info().rss for member in (process, *process.children()))
        except psutil.Error:
            return None

    def failure(self, message: str) -> EngineLost:
        """Why the engine was lost, with the end of its log; `message` where the process itself does not tell."""
        code = self._process.returncode
        own_fault = True
        if self._killed_for:
            message = self._killed_for
        elif code == -signal.SIGKILL:
            own_fault = out_of_memory_kills() > self._out_of_memory_before
            message = "the engine was killed" + (" because memory ran out" if own_fault else "")
        elif code is not None and code < 0:
            message = f"the engine crashed ({signal.Signals(-code).name})"
        elif code is not None:
            message = f"the engine ended (exit {code})"
        log = without_folders("\n".join(self.log[-ERROR_LINES:]))
        return EngineLost(message, log=log, own_fault=own_fault, stalled=bool(self._killed_for))

    async def ended(self) -> None:
        """Return when the process has ended and its log is read."""
        await self._process.wait()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._log.end(), SETTLE_SECONDS)

    async def settle(self) -> None:
        """Give a process that may have just ended the moment to be seen as ended, its whole log read."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.ended(), SETTLE_SECONDS)

    def kill(self, why: str) -> None:
        """End at once what does not answer any more."""
        if self.alive:
            self._killed_for = why
            with suppress(ProcessLookupError):
                self._process.kill()

    async def stop(self) -> None:
        """End the process and wait until it is gone."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._log.end()

    async def _await_address(self, launch: ProcessLaunch) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = json.dumps({"launch": launch.to_json(), "key": self.key})
        with suppress(RuntimeError, OSError):  # it may have been killed already; then it announces nothing
            self._process.stdin.write(order.encode() + b"\n")
        if announcement := await self._process.stdout.readline():
            self.address = json.loads(announcement)["address"]
            return
        await self.ended()
        failure = self.failure("")
        code = self._process.returncode or 0
        if code < 0:
            raise failure
        raise EngineFailed(f"the engine could not load {launch.name} (exit {code})", log=failure.log)

    async def _kill_if_stalled(self, seconds: float) -> None:
        """End an engine that neither reads, nor grows, nor logs, nor serves for that long."""
        progress, unchanged = None, 0
        if seconds == math.inf:
            return
        while unchanged < PROGRESS_CHECKS:
            await asyncio.sleep(seconds / PROGRESS_CHECKS)
            before, progress = progress, await asyncio.to_thread(self._progress)
            unchanged = unchanged + 1 if progress == before else 0
        self.kill(f"the engine made no progress while loading for {seconds:g} seconds")

    def _progress(self) -> tuple[int, ...] | None:
        """What changes while an engine loads: its log, its memory, what it has read (with that of its children)."""
        import psutil

        try:
            process = psutil.Process(self.id)
            family = [process, *process.children()]
            reads = [member.io_counters().read_chars if sys.platform == "linux" else 0 for member in family]
            return (self._log.size, *reads, *(member.memory_info().rss for member in family))
        except psutil.Error:
            return None


def out_of_memory_kills() -> int:
    """How many processes Linux has killed because memory ran out, of this machine or of a control group."""
    with suppress(OSError):
        for line in Path("/proc/vmstat").read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0
