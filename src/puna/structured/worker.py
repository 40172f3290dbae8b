"""Work of unknown size in processes of its own, with a limit of time and memory, so that it holds nobody else up."""

import asyncio
import importlib
import math
import os
import pickle
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any, cast

import psutil

LENGTH = struct.Struct("!Q")
MOST_WORKERS = max(2, (os.cpu_count() or 2) // 2)
MOST_MEMORY = 4 * 2**30
"""How many bytes of address space a worker may use, where the system can limit that."""
PATIENCE = 6
"""How many times as long as its processor time work may take by the clock, where others need the machine, too."""
LEAST_WAIT = 0.05
"""How many seconds pass at least between two looks at a process that works."""
STARTING = 30.0
"""How many seconds a worker may take to start."""


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
            TookTooLong: it did not, in that many seconds.
        """
        return await asyncio.to_thread(self._run, pickle.dumps((function, arguments)), seconds)

    def prepare(self, function: str, *arguments: Any) -> None:
        """Have a worker ready that has done such work once, without waiting for it."""
        if not self._idle:
            order = pickle.dumps((function, arguments))
            threading.Thread(target=self._try, args=(order,), daemon=True).start()

    def _try(self, order: bytes) -> None:
        with suppress(TookTooLong, RuntimeError):
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
        """The answer to an order. Raises TookTooLong."""
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
            raise TookTooLong from error
        finally:
            deadline.cancel()


class Deadline:
    """Kills a process that has worked for so many seconds. Time that a busy machine gives to others does not count,
    up to `PATIENCE` times as much."""

    def __init__(self, process: "subprocess.Popen[bytes]", seconds: float) -> None:
        self._process = process
        self._seconds = seconds
        self._over = False
        self._worked = worked(process)
        self._last = time.monotonic() + PATIENCE * seconds
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
            self._process.kill()
        else:
            self._wait(max(left, LEAST_WAIT))


def worked(process: "subprocess.Popen[bytes]") -> float:
    """Seconds of processor time that a process has used; all there are, where it has ended."""
    try:
        times = psutil.Process(process.pid).cpu_times()
    except psutil.Error:
        return math.inf
    return float(times.user + times.system)


def send(pipe: IO[bytes], data: bytes) -> None:
    pipe.write(LENGTH.pack(len(data)) + data)
    pipe.flush()


def receive(pipe: IO[bytes]) -> bytes:
    """What was sent. Raises EOFError where the other end is gone."""
    head = pipe.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError
    data = pipe.read(*LENGTH.unpack(head))
    if len(data) < LENGTH.unpack(head)[0]:
        raise EOFError
    return data


def limit_memory() -> None:
    """Let this process have no more memory than a worker may, where the system can do that."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def found(function: str) -> Callable[..., Any]:
    """The function of that name."""
    module, _, name = function.partition(":")
    return cast("Callable[..., Any]", getattr(importlib.import_module(module), name))


def done(order: bytes) -> tuple[bool, Any]:
    """The result of an order, or what went wrong."""
    if not order:
        return True, None
    function, arguments = pickle.loads(order)  # noqa: S301 - from this process's own parent
    try:
        return True, found(function)(*arguments)
    except MemoryError:
        raise
    except Exception as error:
        return False, f"{function}: {error!r}"


def main() -> None:
    """Do what the parent asks for, until it closes the pipe."""
    limit_memory()
    pipe_in, pipe_out = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between the answers
    with suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        while True:
            send(pipe_out, pickle.dumps(done(receive(pipe_in))))


WORKERS = Workers()
"""This process's workers."""

if __name__ == "__main__":
    main()
