"""Memory that holds nothing yet. llama.cpp writes zeros over its whole KV cache when it starts, which makes the
system give it all of these pages at once, however few are ever used."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

LEAST = 32 * 2**20
"""The smallest mapping that is looked at, in bytes: caches are large, stacks and heaps of threads are not."""
BLOCK = 2**21
PAGE = 4096
ZEROS = bytes(PAGE)
MADV_DONTNEED = 4


def give_back_zeros() -> int:
    """Give the system back pages of nothing but zeros; they read as zeros still, and come back when they are written
    to. Returns how many bytes. Only Linux has what it takes.

    For an engine that has loaded and is asked nothing yet: no thread may be writing to these pages.
    """
    if sys.platform != "linux":
        return 0
    libc = ctypes.CDLL(None, use_errno=True)
    libc.memcmp.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
    given = 0
    page = bytearray(PAGE)
    with suppress(OSError), Path("/proc/self/mem").open("rb", buffering=0) as memory:
        for start, end in large_mappings(Path("/proc/self/maps").read_text()):
            for place in range(-(-start // BLOCK) * BLOCK, end - BLOCK + 1, BLOCK):
                with suppress(OSError):  # the mapping is gone
                    os.preadv(memory.fileno(), [page], place)
                    if (
                        page == ZEROS
                        # Where each byte is as the one a page before it, all are as the first page.
                        and not libc.memcmp(place, place + PAGE, BLOCK - PAGE)
                        and not libc.madvise(ctypes.c_void_p(place), BLOCK, MADV_DONTNEED)
                    ):
                        given += BLOCK
    return given


def large_mappings(maps: str) -> Iterator[tuple[int, int]]:
    """The large private mappings of memory that belongs to no file, from the text of /proc/PID/maps."""
    for line in maps.splitlines():
        place, rights, _, _, file, *_ = [*line.split(), ""]
        start, end = (int(number, 16) for number in place.split("-"))
        if rights == "rw-p" and file == "0" and end - start >= LEAST:
            yield start, end
