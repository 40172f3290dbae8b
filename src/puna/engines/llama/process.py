"""An engine's process, as its parent sees it: started, watched, ended."""

import asyncio
import json
import secrets
import sys
from collections import deque
from contextlib import suppress

from puna.core.errors import EngineFailed
from puna.engines.llama.launch import LlamaLaunch

LOG_LINES = 400
"""How much of an engine's log is kept."""
ERROR_LINES = 12
"""How much of it an error shows."""
STOP_SECONDS = 2.0
"""How long an engine may take to leave by itself."""
SETTLE_SECONDS = 0.5
"""How long after a broken connection the end of the process may come."""


class EngineProcess:
    """A running engine: where it listens (`address`), the key it wants, the end of its log."""

    def __init__(self, process: asyncio.subprocess.Process, key: str) -> None:
        self.address = ""
        self.key = key
        self.log: deque[str] = deque(maxlen=LOG_LINES)
        self._process = process
        self._reader = asyncio.create_task(self._read_log())

    @classmethod
    async def start(cls, launch: LlamaLaunch) -> "EngineProcess":
        """Start the engine and wait until it serves.

        Raises:
            EngineFailed: it ended before that; the error carries the end of its log.
        """
        module = "puna.engines.llama." + ("guard" if launch.program else "runner")
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", module),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C in the server's terminal is for the server
        )
        engine = cls(process, secrets.token_urlsafe(32))
        try:
            await engine._await_address(launch)
        except BaseException:
            await engine.stop()
            raise
        return engine

    @property
    def id(self) -> int:
        """The operating system's process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    def failure(self, message: str) -> EngineFailed:
        """An error that carries the end of the log."""
        return EngineFailed(message, log="\n".join(list(self.log)[-ERROR_LINES:]))

    async def settle(self) -> None:
        """Give a process that may have just ended the moment to be seen as ended, its whole log read."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), SETTLE_SECONDS)
            await self._reader

    async def stop(self) -> None:
        """End the process and wait until it is gone."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._reader

    async def _await_address(self, launch: LlamaLaunch) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = json.dumps({"launch": launch.to_json(), "key": self.key})
        self._process.stdin.write(order.encode() + b"\n")
        if announcement := await self._process.stdout.readline():
            self.address = json.loads(announcement)["address"]
            return
        await self._process.wait()
        await self._reader
        raise self.failure(f"the engine could not load {launch.weights.name} (exit {self._process.returncode})")

    async def _read_log(self) -> None:
        assert self._process.stderr is not None
        rest = ""
        while block := await self._process.stderr.read(65536):
            *lines, rest = (rest + block.decode(errors="replace")).split("\n")
            self.log.extend(lines)
        if rest:
            self.log.append(rest)
