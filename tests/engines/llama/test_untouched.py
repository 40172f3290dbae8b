import mmap
import sys

import psutil
import pytest

from puna.engines.llama.untouched import BLOCK, LEAST, give_back_zeros, large_mappings

MAPS = """\
7f0000000000-7f0010000000 rw-p 00000000 00:00 0
7f1000000000-7f1010000000 rw-p 00000000 08:01 77 /models/weights
7f2000000000-7f2010000000 r--p 00000000 00:00 0
7f3000000000-7f3000001000 rw-p 00000000 00:00 0 [stack]
"""


def test_large_memory_of_no_file_is_looked_at() -> None:
    assert list(large_mappings(MAPS)) == [(0x7F0000000000, 0x7F0010000000)]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has what it takes")
def test_zeros_are_given_back_and_nothing_else_changes() -> None:
    with mmap.mmap(-1, 2 * LEAST, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        memory.write(bytes(2 * LEAST))
        memory[LEAST] = 7  # wherever in a block it is
        memory[2 * LEAST - 3 * BLOCK - 1] = 7
        process = psutil.Process()
        before = process.memory_info().rss
        assert give_back_zeros() >= LEAST
        assert process.memory_info().rss < before - LEAST
        assert memory[LEAST] == 7
        assert memory[2 * LEAST - 3 * BLOCK - 1] == 7
        assert memory[:LEAST] == bytes(LEAST)
        memory[0] = 5
        assert memory[0] == 5
