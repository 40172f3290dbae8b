"""What large bodies leave behind goes back to the system."""

import ctypes
import sys
import time

import psutil
import pytest

from puna.http import memory

MANY = 100 * 2**20

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="glibc's way to keep memory"
)


class Body:
    """Something that weak references may point to."""


def resident() -> int:
    return int(psutil.Process().memory_info().rss)


def test_what_is_free_when_a_body_is_gone_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "PAUSE_SECONDS", 0.0)
    body = Body()
    memory.return_after(body)
    parsed = [bytes(2000) for _ in range(MANY // 2000)]
    kept = parsed[-10:]  # behind all others, so that the C library keeps them when they are freed
    most = resident()
    del parsed
    assert resident() > most - MANY // 4
    del body
    deadline = time.monotonic() + 60
    while resident() > most - MANY // 2:
        assert time.monotonic() < deadline, "freed memory is not given back"
    assert len(kept) == 10
