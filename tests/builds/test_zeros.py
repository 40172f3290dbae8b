import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import puna.builds
from puna.builds.tools import c_compiler

PROGRAM = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(int count, char **arguments) {
    size_t size = (size_t) 256 << 20;
    char *memory;
    if (posix_memalign((void **) &memory, 64, size)) return 1;
    memory[0] = memory[5000] = memory[size - 1] = 7;
    memset(memory, atoi(arguments[1]), size);
    size_t wrong = 0;
    for (size_t place = 0; place < size; place += 4096) wrong += memory[place] != atoi(arguments[1]);
    printf("%zu %d %d\n", wrong, memory[5000], memory[size - 1]);
    return 0;
}
"""


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("cc") is None, reason="needs Linux and a C compiler")
def test_zeros_over_large_memory_are_there_and_were_not_written(tmp_path: Path) -> None:
    zeros = Path(puna.builds.__file__).parent / "zeros.c"
    (tmp_path / "main.c").write_text(PROGRAM)
    program = tmp_path / "program"
    command = [*c_compiler(), "-O2", "-Wl,--wrap=memset", str(tmp_path / "main.c"), str(zeros), "-o", str(program)]
    subprocess.run(command, check=True)
    for value in ("0", "3"):
        said = subprocess.run([str(program), value], capture_output=True, text=True, check=True).stdout
        wrong, middle, last = map(int, said.split())
        assert (wrong, middle, last) == (0, int(value), int(value))
