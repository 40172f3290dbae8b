"""Engines and workers of a forked server are forked, too: from a process beside it that has imported their modules.

Python and what they import take more processor time than a small model takes to load. Only Linux can do that: there
a process may be made another's child (`PR_SET_CHILD_SUBREAPER`), and the server has to be able to wait for its own.
Servers that are started afresh (`launcher=()`) and the tests of `puna.engines.process` start real commands.
"""

import ctypes
import gc
import inspect
import json
import os
import signal
import socket
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

MODULES = ("puna.engines.llama.runner", "puna.structured.worker")
"""What is forked; each has a function `main`."""
IMPORTED = (*MODULES, "puna.engines.llama.grammar.compiled")
PR_SET_CHILD_SUBREAPER = 36
"""From Linux's <sys/prctl.h>: orphans among the descendants of this process become its children."""
LONGEST_ORDER = 2**18
ARGUMENTS_AT = 47
"""Where /proc/self/stat says at which addresses the command line is, counted from 0 (proc(5): arg_start, arg_end)."""

execute_child: Any = subprocess.Popen._execute_child  # type: ignore[attr-defined]
names = [*inspect.signature(execute_child).parameters]


def fork_children() -> None:
    """Have the processes of those modules forked that this process starts from now on. It must have one thread."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if not os.fork():
        ours.close()
        serve(theirs)
    theirs.close()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    subprocess.Popen._execute_child = _execute_child_by(ours)  # type: ignore[attr-defined]


def _execute_child_by(channel: socket.socket) -> Any:
    """What `subprocess.Popen` calls to start a process: by that channel where it is one of those modules."""

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
        socket.send_fds(channel, [json.dumps(order).encode()], streams)
        self.pid = int(channel.recv(64))
        self._child_created = True
        ends = [call[name] for name in ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")]
        self._close_pipe_fds(*ends)

    return started


def serve(channel: socket.socket) -> None:
    """Fork for each order that comes, until the server is gone."""
    gc.freeze()
    show_as([__name__])  # its command line is no engine's
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    leave_others_descriptors(channel.fileno())
    while True:
        order, descriptors, _, _ = socket.recv_fds(channel, LONGEST_ORDER, 3)
        if not order:
            os._exit(0)
        if not os.fork():
            orphan(channel, json.loads(order), descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def leave_others_descriptors(kept: int) -> None:
    """Close what was inherited: who waits for the end of a stream must not wait for this process."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    os.closerange(3, kept)
    os.closerange(kept + 1, 256)


def orphan(channel: socket.socket, order: dict[str, Any], descriptors: list[int]) -> None:
    """Fork once more and end, so that the server becomes the child's parent."""
    own = os.getpid()
    if child := os.fork():
        channel.send(str(child).encode())
        os._exit(0)
    channel.close()
    while os.getppid() == own:
        os.sched_yield()
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
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
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
