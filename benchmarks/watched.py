"""`puna` with an eye on how long its own work keeps others waiting: `python -m benchmarks.watched serve …`.

Two times are measured in the server's process, both without what it waits for a processor: how long the event loop
takes to come to something that has happened, and how long a piece of text is on its way through the server, from the
engine's bytes to the client's. No stream waits for the server longer than both together, as they were at that time.
`WATCH` names a socket, on which the longest ones since it was last asked are told.
"""

import asyncio
import json
import os
import socket
import threading
import time
from collections import deque
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from puna.cli import app
from puna.engines.process import connection
from puna.http.exchange import EventStream
from puna.serving import shutdown

TICK_SECONDS = 0.02
ADDRESS = "WATCH"


@dataclass
class Longest:
    """The longest times, in seconds, and how many were measured. `together` is the longest of a text and of the loop
    when it came. `…_with_queue` count what was waited for a processor as well."""

    together: float = 0.0
    loop: float = 0.0
    loop_with_queue: float = 0.0
    text: float = 0.0
    text_with_queue: float = 0.0
    ticks: int = 0
    texts: int = 0

    def __str__(self) -> str:
        together, loop, text = self.together * 1000, self.loop * 1000, self.text * 1000
        queue = (self.loop_with_queue - self.loop) * 1000, (self.text_with_queue - self.text) * 1000
        return (
            f"{together:.0f} ms together, {loop:.0f} ms loop, {text:.0f} ms text "
            f"(waiting for a processor: {queue[0]:.0f}, {queue[1]:.0f}), {self.ticks} ticks, {self.texts} texts"
        )


@dataclass(frozen=True)
class Moment:
    """The time, how long all threads of this process have worked so far, and how long each has waited for a
    processor; in seconds."""

    time: float
    worked: float
    waited: dict[int, float]

    def since(self, then: "Moment", main: int) -> tuple[float, float]:
        """How long ago that was: without what the server waited for a processor, and with it.

        The main thread waits as well while another has Python's lock and no processor. That was no longer than
        nobody worked, and no longer than they all waited.
        """
        passed, worked = self.time - then.time, self.worked - then.worked
        waits = {thread: waited - then.waited.get(thread, waited) for thread, waited in self.waited.items()}
        starved = max(waits[main], min(passed - worked, sum(waits.values())))
        return max(0.0, passed - starved), passed


class Clock:
    """What Linux counts of this process's threads."""

    def __init__(self) -> None:
        self._files: dict[int, int] = {}
        self.find_threads()

    def find_threads(self) -> None:
        """Count the threads, too, that were not there before."""
        threads = set(map(int, os.listdir("/proc/self/task")))
        files = {thread: file for thread, file in self._files.items() if thread in threads}
        for thread in threads - files.keys():
            with suppress(OSError):
                files[thread] = os.open(f"/proc/self/task/{thread}/schedstat", os.O_RDONLY)
        ended = [file for thread, file in self._files.items() if thread not in threads]
        self._files = files
        for file in ended:
            os.close(file)

    def now(self) -> Moment:
        waited = {}
        for thread, file in self._files.items():
            with suppress(OSError, IndexError, ValueError):  # it has ended
                waited[thread] = int(os.pread(file, 64, 0).split()[1]) / 1e9
        return Moment(time.monotonic(), time.process_time(), waited)


class Tick(NamedTuple):
    """When something was sent to the event loop and when it arrived, and how much of that is the server's own."""

    sent: float
    arrived: float
    own: float


class Watch:
    """Measures from within the event loop's thread, in which it has to be made."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._main = threading.get_native_id()
        self._clock = Clock()
        self._longest = Longest()
        self._arrived: ContextVar[Moment | None] = ContextVar("arrived", default=None)
        self._ticks: deque[Tick] = deque(maxlen=100)
        self._texts: deque[tuple[float, float]] = deque(maxlen=1000)

    def begin(self, address: str) -> None:
        """Measure from now on, and tell whoever asks at that address."""
        self._watch_texts()
        threading.Thread(target=self._tick, daemon=True).start()
        threading.Thread(target=self._tell, args=(address,), daemon=True).start()

    def _tick(self) -> None:
        arrived = threading.Event()

        def arrive(then: Moment) -> None:
            arrived.set()
            now = self._clock.now()
            own, whole = now.since(then, self._main)
            found = self._longest
            found.loop, found.loop_with_queue = max(found.loop, own), max(found.loop_with_queue, whole)
            found.ticks += 1
            tick = Tick(then.time, now.time, own)
            self._ticks.append(tick)
            for came, text in self._texts:
                self._pair(tick, came, text)

        while not self._loop.is_closed():
            arrived.clear()
            with suppress(OSError):  # threads come and go while they are looked for
                self._clock.find_threads()
            self._loop.call_soon_threadsafe(arrive, self._clock.now())
            arrived.wait()
            time.sleep(TICK_SECONDS)

    def _pair(self, tick: Tick, came: float, text: float) -> None:
        """Count a text that may have waited for the loop together with that tick before it came: then it came not
        much earlier than the tick was sent, and not much later than it arrived."""
        much = max(2 * TICK_SECONDS, tick.own)
        if tick.sent - much <= came <= tick.arrived + much:
            self._longest.together = max(self._longest.together, tick.own + text)

    def _watch_texts(self) -> None:
        watch = self

        class Noting(connection.Connection):
            noted: Moment | None = None

            def data_received(self, data: bytes) -> None:
                self.noted = self.noted or watch._clock.now()
                super().data_received(data)

            async def read(self) -> bytes:
                body = await super().read()
                watch._arrived.set(self.noted)
                self.noted = None
                return body

        connection.Connection = Noting  # type: ignore[misc]
        write = EventStream._write

        async def written(stream: EventStream, block: bytes, *, more: bool = True) -> None:
            if then := watch._arrived.get():
                watch._arrived.set(None)
                own, whole = watch._clock.now().since(then, watch._main)
                found = watch._longest
                found.text, found.text_with_queue = max(found.text, own), max(found.text_with_queue, whole)
                found.texts += 1
                watch._texts.append((then.time, own))
                for tick in watch._ticks:
                    watch._pair(tick, then.time, own)
            await write(stream, block, more=more)

        EventStream._write = written  # type: ignore[assignment, method-assign]

    def _tell(self, address: str) -> None:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(address)
            listener.listen()
            while True:
                asked, _ = listener.accept()
                with asked:
                    told, self._longest = self._longest, Longest()
                    asked.sendall(json.dumps(asdict(told)).encode())


def longest(address: Path) -> Longest:
    """Ask a watched server for its longest times since it was last asked."""
    with socket.socket(socket.AF_UNIX) as asking:
        asking.connect(str(address))
        parts = iter(lambda: asking.recv(2**16), b"")
        return Longest(**json.loads(b"".join(parts)))


class WatchedServer(shutdown.GracefulServer):
    """Puna's server, which begins to be watched when it starts."""

    async def startup(self, *arguments: Any, **keywords: Any) -> None:
        Watch(asyncio.get_running_loop()).begin(os.environ[ADDRESS])
        await super().startup(*arguments, **keywords)


if __name__ == "__main__":
    shutdown.GracefulServer = WatchedServer  # type: ignore[misc]
    app()
