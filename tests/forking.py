"""Engines and workers of tests and of their servers are forked: from a process that has imported their modules.

Python and what they import take more processor time than a small model takes to load. Only Linux can do that: there a
process may make another one of its parent's (`CLONE_PARENT`), which the parent can wait for as for any of its own.
Servers that are started afresh (`launcher=()`) and the tests of `puna.engines.process` start real commands.
"""

import asyncio
import ctypes
import gc
import inspect
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

MODULES = ("puna.engines.llama.runner", "puna.structured.worker")
"""What is forked; each has a function `main`."""
IMPORTED = (*MODULES, "puna.engines.llama.grammar.compiled")
CLONE = {"x86_64": 56, "aarch64": 220}.get(platform.machine()) if sys.platform == "linux" else None
"""The number of the system call clone(2), from Linux's <asm/unistd.h>."""
CLONE_PARENT = 0x8000
"""From Linux's <sched.h>: the new process is a child of this one's parent."""
LONGEST_ORDER = 2**18
ARGUMENTS_AT = 47
"""Where /proc/self/stat says at which addresses the command line is, counted from 0 (proc(5): arg_start, arg_end)."""

execute_child: Any = subprocess.Popen._execute_child  # type: ignore[attr-defined]
names = [*inspect.signature(execute_child).parameters]


def fork_children() -> None:
    """Have the processes of those modules forked that this process starts from now on. It must have one thread and
    have imported them."""
    if CLONE is None:
        return
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if not os.fork():
        ours.close()
        serve(theirs)
    theirs.close()
    subprocess.Popen._execute_child = _execute_child_by(lambda: ours)  # type: ignore[attr-defined]
    asyncio.create_subprocess_exec = create_subprocess_exec  # type: ignore[assignment]


class Popens(asyncio.SelectorEventLoop):
    """What asyncio's own loop does to start a process, which is `subprocess.Popen`, on another loop: uvloop forks by
    itself."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        for name in ("call_soon", "call_soon_threadsafe", "create_future", "create_task", "get_debug"):
            setattr(self, name, getattr(loop, name))
        self.connect_read_pipe = loop.connect_read_pipe  # type: ignore[method-assign]
        self.connect_write_pipe = loop.connect_write_pipe  # type: ignore[method-assign]
        self._debug = False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return self._loop.is_closed()

    def __del__(self) -> None:
        """It is no loop that could be closed."""


async def create_subprocess_exec(program: str, *arguments: str, **how: Any) -> asyncio.subprocess.Process:
    """`asyncio.create_subprocess_exec`, for any loop."""
    loop = asyncio.get_running_loop()
    limit = 2**16

    def protocol() -> asyncio.subprocess.SubprocessStreamProtocol:
        return asyncio.subprocess.SubprocessStreamProtocol(limit=limit, loop=loop)

    transport, started = await Popens(loop).subprocess_exec(protocol, program, *arguments, **how)
    return asyncio.subprocess.Process(transport, started, loop)


@contextmanager
def real_commands() -> Iterator[None]:
    """None of this, for a while."""
    forked = subprocess.Popen._execute_child  # type: ignore[attr-defined]
    subprocess.Popen._execute_child = execute_child  # type: ignore[attr-defined]
    try:
        yield
    finally:
        subprocess.Popen._execute_child = forked  # type: ignore[attr-defined]


@contextmanager
def forked_children() -> Iterator[None]:
    """The same for a process of any number of threads: what forks is a command, started when it is first needed."""
    if CLONE is None:
        yield
        return
    subprocess.Popen._execute_child = _execute_child_by(_own_channel)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        subprocess.Popen._execute_child = execute_child  # type: ignore[attr-defined]


@cache
def _own_channel() -> socket.socket:
    """To the process that forks for this one. It ends with this one, when the channel does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        command = [sys.executable, "-m", "tests.forking", str(theirs.fileno())]
        subprocess.Popen(command, cwd=Path(__file__).parents[1], pass_fds=[theirs.fileno()], start_new_session=True)
    return ours


def _execute_child_by(channel: Callable[[], socket.socket]) -> Any:
    """What `subprocess.Popen` calls to start a process: by that channel where it is one of those modules."""
    one_at_a_time = threading.Lock()

    def started(self: Any, *given: Any) -> None:
        call = dict(zip(names, (self, *given), strict=True))
        arguments = [str(argument) for argument in call["args"]]
        if not (arguments[0] == sys.executable and arguments[-1] in MODULES):
            execute_child(self, *given)
            return
        pipes = [call[name] for name in ("p2cread", "c2pwrite", "errwrite")]
        streams = [standard if pipe == -1 else pipe for standard, pipe in enumerate(pipes)]
        environment = dict(os.environ if call["env"] is None else call["env"])
        order = {"arguments": arguments, "environment": environment, "session": call["start_new_session"]}
        with one_at_a_time:
            socket.send_fds(channel(), [json.dumps(order).encode()], streams)
            self.pid = int(channel().recv(64))
        self._child_created = True
        ends = [call[name] for name in ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")]
        self._close_pipe_fds(*ends)

    return started


def serve(channel: socket.socket) -> None:
    """Fork for each order that comes, until the one who gives them is gone."""
    gc.freeze()
    show_as([__name__])  # its command line is no engine's
    leave_others_descriptors(channel.fileno())
    while True:
        order, descriptors, _, _ = socket.recv_fds(channel, LONGEST_ORDER, 3)
        if not order:
            os._exit(0)
        if not (child := fork_for_parent()):
            channel.close()
            be_forked(json.loads(order), descriptors)
        channel.send(str(child).encode())
        for descriptor in descriptors:
            os.close(descriptor)


def fork_for_parent() -> int:
    """Fork, as `os.fork` does, but the new process is a child of this one's parent."""
    python: Any = ctypes.PyDLL(None)
    python.PyOS_BeforeFork()
    child = int(python.syscall(CLONE, CLONE_PARENT | signal.SIGCHLD, 0, 0, 0, 0))
    if child:
        python.PyOS_AfterFork_Parent()
    else:
        python.PyOS_AfterFork_Child()
    return child


def leave_others_descriptors(kept: int) -> None:
    """Close what was inherited: who waits for the end of a stream must not wait for this process."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    os.closerange(3, kept)
    os.closerange(kept + 1, 256)


def be_forked(order: dict[str, Any], descriptors: list[int]) -> None:
    """Be that module's process to its end."""
    try:
        become(descriptors=descriptors, **order)
    except SystemExit as end:
        os._exit(end.code if isinstance(end.code, int) else report(end.code))
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


def report(message: object) -> int:
    """What Python does with an exit code that is a text."""
    if message is None:
        return 0
    os.write(2, f"{message}\n".encode())
    return 1


def become(arguments: list[str], environment: dict[str, str], session: bool, descriptors: list[int]) -> None:
    """Be that module's process."""
    if session:
        os.setsid()
    for stream, descriptor in enumerate(descriptors):
        os.dup2(descriptor, stream)
    os.closerange(3, 256)
    os.environ.clear()
    os.environ.update(environment)
    show_as(arguments)
    sys.argv = arguments[-1:]
    import_module(arguments[-1]).main()


def show_as(arguments: list[str]) -> None:
    """Have /proc show that command line, by which tests find engines."""
    numbers = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    start, end = (int(number) for number in numbers[ARGUMENTS_AT - 2 : ARGUMENTS_AT])
    line = b"\0".join(argument.encode() for argument in arguments)
    ctypes.memmove(start, line.ljust(end - start, b"\0")[: end - start], end - start)


if __name__ == "__main__":
    for module in IMPORTED:
        import_module(module)
    from tests.forking import serve as serve_orders  # by its name, as a forked server does

    serve_orders(socket.socket(fileno=int(sys.argv[1])))
