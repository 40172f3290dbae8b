"""The log of an engine's process: what it prints to standard error."""

import asyncio
import os
import re
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

LINES = 400
"""How much of it is kept."""
PAUSE_SECONDS = 0.25
"""How long a log that is read at leisure may wait for its reader."""


FOLDERS = re.compile(r"(?<![\w:/.])(?:[A-Za-z]:)?[/\\](?:[^/\\\n'\":]+[/\\])+")
"""The folders that a path begins with: `/home/ann/.puna/models/blobs/`."""


def without_folders(text: str) -> str:
    """The text with the names of files, but not where they are: that is nothing for a client to know."""
    return FOLDERS.sub("", text)


class EngineLog(asyncio.Protocol):
    """The last lines of a log, read as they come, or at leisure.

    An engine that serves prints some lines for each request, a few at a time, when there is no processor time to
    spare: to read each at once would delay the answer. At leisure they are read four times a second; what is
    printed meanwhile waits in the pipe.
    """

    def __init__(self) -> None:
        self.lines: deque[str] = deque(maxlen=LINES)
        self.size = 0
        self._rest = b""
        self._leisure = False
        self._ended = asyncio.Event()
        self._waiting: asyncio.TimerHandle | None = None

    @contextmanager
    def pipe(self) -> Iterator[int]:
        """The writing end, for a process that is started while the context is open."""
        self._read, write = os.pipe()
        try:
            yield write
        except BaseException:
            os.close(self._read)
            raise
        finally:
            os.close(write)

    async def start(self) -> None:
        """Begin to read."""
        pipe = os.fdopen(self._read, "rb", buffering=0)
        await asyncio.get_running_loop().connect_read_pipe(lambda: self, pipe)

    def take_leisure(self) -> None:
        """From now on nobody waits for a line."""
        self._leisure = True

    async def end(self) -> None:
        """Return when the process, which has ended, has no line left."""
        self._leisure = False
        if self._waiting:
            self._waiting.cancel()
            self._go_on()
        await self._ended.wait()

    def _go_on(self) -> None:
        self._waiting = None
        self._transport.resume_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.ReadTransport", transport)

    def data_received(self, data: bytes) -> None:
        self.size += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        self.lines.extend(line.decode(errors="replace") for line in lines)
        if self._leisure and not self._waiting:
            self._transport.pause_reading()
            self._waiting = asyncio.get_running_loop().call_later(PAUSE_SECONDS, self._go_on)

    def connection_lost(self, _: Exception | None) -> None:
        if self._waiting:
            self._waiting.cancel()
            self._waiting = None
        if self._rest:
            self.lines.append(self._rest.decode(errors="replace"))
        self._ended.set()
