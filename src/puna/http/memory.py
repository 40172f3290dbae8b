"""Memory that large bodies were read in goes back to the system.

What a body is parsed to is freed when its request is over, but Linux's C library keeps what lies between things that
are still in use: bodies that many clients send at once leave it with 70 MB of nothing.
"""

import ctypes
import sys
import threading
import time
import weakref
from functools import cache
from queue import SimpleQueue

LARGE = 2**18
"""From how many bytes on a body is large."""
PAUSE_SECONDS = 1.0
"""How long memory is kept, as the next body may need it: giving it back takes some milliseconds of a thread."""

_freed: SimpleQueue[None] = SimpleQueue()


def return_after(body: object) -> None:
    """Give back what is free soon after that object is gone."""
    if _begin():
        weakref.finalize(body, _freed.put, None).atexit = False


@cache
def _begin() -> bool:
    """Start the thread that gives memory back; whether there is a way to."""
    if sys.platform != "linux" or not (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        return False

    def give_back() -> None:
        while True:
            _freed.get()
            time.sleep(PAUSE_SECONDS)
            while not _freed.empty():
                _freed.get()
            trim(0)

    threading.Thread(target=give_back, name="memory", daemon=True).start()
    return True
