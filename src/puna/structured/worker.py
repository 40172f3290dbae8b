"""A worker: a process that does what its parent sends it (`puna.structured.workers`), one order after the other.

It imports little by itself, so that it is there soon.
"""

import os
import pickle
import struct
import sys
from contextlib import suppress
from importlib import import_module
from typing import IO, TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable

LENGTH = struct.Struct("!Q")
MOST_MEMORY = 4 * 2**30
"""How many bytes of address space a worker may use, where the system can limit that."""


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


def found(function: str) -> "Callable[..., Any]":
    """The function of that name."""
    module, _, name = function.partition(":")
    return cast("Callable[..., Any]", getattr(import_module(module), name))


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


if __name__ == "__main__":
    main()
