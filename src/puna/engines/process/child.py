"""The child's side of the agreement between an engine's process and the server that started it.

The parent writes one line of JSON to the child's standard input, `{"launch": …, "key": …}`, and leaves it open.
The child answers with one line on standard output, `{"address": "http://127.0.0.1:…"}`, once it serves.
The key comes this way because other users can read a command line. When standard input closes, the parent is
gone or wants the child gone.
"""

import ctypes
import json
import os
import signal
import sys
from typing import Any

from puna.engines.process.confinement import confine

PR_SET_PDEATHSIG = 1
"""From Linux's <sys/prctl.h>: the signal a process gets when the thread that forked it ends."""


class Parent:
    """The way back to the parent. Whatever else the process prints goes to standard error, the log."""

    def __init__(self) -> None:
        die_with_parent()
        confine()
        self._output = os.dup(1)
        os.dup2(2, 1)

    def order(self) -> tuple[dict[str, Any], str]:
        """What to start, as the launch wrote it, and the key to ask of every client."""
        order = json.loads(sys.stdin.buffer.readline())
        return order["launch"], order["key"]

    def announce(self, address: str) -> None:
        """Say where the engine serves."""
        os.write(self._output, json.dumps({"address": address}).encode() + b"\n")

    def wait(self) -> None:
        """Return when the parent is gone."""
        while sys.stdin.buffer.read(4096):
            pass


def die_with_parent() -> None:
    """Have Linux kill this process when its parent ends. On other systems the closed input is the only sign."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
