"""Work of unknown size in processes of its own, with a limit of time and memory, so that it holds nobody else up."""

import asyncio
import math
import os
import pickle
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import Any

from puna.core.errors import Overloaded
from puna.structured.worker import receive, send

MOST_WORKERS = max(2, (os.cpu_count() or 2) // 2)
PATIENCE, LEAST_PATIENCE = 6, 15.0
"""How many times as long as its processor time work may take by the clock, where others need the machine, too, and
how many seconds at least."""
LEAST_WAIT = 0.05
"""How many seconds pass at least between two looks at a process that works."""
STARTING = 30.0
"""How many seconds a worker may take to start."""
BUSY = "The machine is too busy to check what the request asks for."
RETRY_SECONDS = 5


class TookTooLong(Exception):
    """The work was not done in its time, or took more memory than it may."""


class Workers:
    """Worker processes: started when they are needed, kept for what comes next, ended when they take too long."""

    def __init__(self) -> None:
        self._idle: list[Worker] = []
        self._free = threading.Semaphore(MOST_WORKERS)

    async def run(self, function: str, *arguments: Any, seconds: float) -> Any:
        """What a function (`package.module:name`, which this process need not import) makes of its arguments, which
        have to be picklable.

        Raises:
            TookTooLong: it was not done in so many seconds of processor time.
            Overloaded: nobody knows, as the machine gave it too little of that.
        """
        return await asyncio.to_thread(self._run, pickle.dumps((function, arguments)), seconds)

    def prepare(self, function: str, *arguments: Any) -> None:
        """Have a worker ready that has done such work once, without waiting for it."""
        if not self._idle:
            order = pickle.dumps((function, arguments))
            threading.Thread(target=self._try, args=(order,), daemon=True).start()

    def _try(self, order: bytes) -> None:
        with suppress(TookTooLong, Overloaded, RuntimeError):
            self._run(order, STARTING)

    def _run(self, order: bytes, seconds: float) -> Any:
        with self._free:
            worker = self._worker()
            try:
                result = worker.ask(order, seconds)
            except BaseException:
                worker.end()
                raise
            self._idle.append(worker)
        succeeded, value = pickle.loads(result)  # noqa: S301 - from this process's own child
        if not succeeded:
            raise RuntimeError(value)
        return value

    def _worker(self) -> "Worker":
        while True:
            try:
                worker = self._idle.pop()
            except IndexError:
                return Worker()
            if worker.alive:
                return worker


class Worker:
    """One process, and the pipes to it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "puna.structured.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C in the terminal is for the server, which still needs its workers
        )
        self._ask(b"", STARTING)

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, order: bytes, seconds: float) -> bytes:
        """The answer to an order. Raises TookTooLong or Overloaded."""
        return self._ask(order, seconds)

    def end(self) -> None:
        """Kill it, whatever it does."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        self._process.wait()

    def _ask(self, order: bytes, seconds: float) -> bytes:
        assert self._process.stdin
        assert self._process.stdout
        deadline = Deadline(self._process, seconds)
        try:
            send(self._process.stdin, order)
            return receive(self._process.stdout)
        except (OSError, EOFError) as error:
            if deadline.starved:
                raise Overloaded(BUSY, retry_after=RETRY_SECONDS) from error
            raise TookTooLong from error
        finally:
            deadline.cancel()


class Deadline:
    """Kills a process that has worked for so many seconds. Time that a busy machine gives to others does not count,
    up to `PATIENCE` times as much: then the process is `starved`, which says nothing of its work."""

    def __init__(self, process: "subprocess.Popen[bytes]", seconds: float) -> None:
        self._process = process
        self._seconds = seconds
        self._over = False
        self.starved = False
        self._worked = worked(process)
        self._last = time.monotonic() + max(PATIENCE * seconds, LEAST_PATIENCE)
        self._wait(seconds)

    def cancel(self) -> None:
        """The work is done."""
        self._over = True
        self._timer.cancel()

    def _wait(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._check)
        self._timer.daemon = True
        self._timer.start()

    def _check(self) -> None:
        left = self._seconds - (worked(self._process) - self._worked)
        if self._over:
            return
        if left <= 0 or time.monotonic() >= self._last:
            self.starved = left > 0
            self._process.kill()
        else:
            self._wait(max(left, LEAST_WAIT))


def worked(process: "subprocess.Popen[bytes]") -> float:
    """Seconds of processor time that a process has used; all there are, where it has ended."""
    import psutil  # in a thread; most programs never ask

    try:
        times = psutil.Process(process.pid).cpu_times()
    except psutil.Error:
        return math.inf
    return float(times.user + times.system)


WORKERS = Workers()
"""This process's workers."""
