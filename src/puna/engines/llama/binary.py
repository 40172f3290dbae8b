"""Runs a `llama-server` binary as the engine: `python -m puna.engines.llama.binary`.

Keeps the same agreement with the parent as the runner does. The binary says in its log where it listens; the log
is passed on.
"""

import mmap
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

from puna.engines.llama.arguments import LlamaArguments
from puna.engines.process.child import Parent, die_with_parent

LISTENING = re.compile(rb"listening on (http://[0-9.]+:[0-9]+)")

LLGUIDANCE = b"LLGUIDANCE_LOG_LEVEL"
"""What stands in llama.cpp's code only where llguidance is compiled in."""


def has_llguidance(program: Path) -> bool:
    """Whether a binary was built with llguidance, itself or a library of its. One without it aborts when it is asked
    to use it, so it can't be asked."""
    folder = program.resolve().parent
    beside = [path for place in (folder, folder.parent / "lib") for path in place.glob("*llama*")]
    return any(contains(path, LLGUIDANCE) for path in (program, *beside) if path.is_file())


def contains(path: Path, words: bytes) -> bool:
    """Whether a file has those bytes."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return data.find(words) >= 0


def start(launch: LlamaArguments, key: str) -> subprocess.Popen[bytes]:
    """The binary as a child of this process. The key goes through its environment, not its command line."""
    return subprocess.Popen(
        [str(launch.program), *launch.arguments()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "LLAMA_API_KEY": key},
        preexec_fn=die_with_parent,
    )


def relay(server: subprocess.Popen[bytes], parent: Parent) -> None:
    """Pass the log on, and announce the address as soon as the log shows it. Ends with the binary."""
    assert server.stdout is not None
    announced = False
    for line in server.stdout:
        os.write(2, line)
        if not announced and (match := LISTENING.search(line)):
            announced = True
            parent.announce(match[1].decode())
    code = server.wait()
    if code < 0:  # end in the same way, for the parent to see
        os.kill(os.getpid(), -code)
    os._exit(code or 1)


def main() -> None:
    parent = Parent()
    order, key = parent.order()
    launch = LlamaArguments.from_json(order)
    try:
        server = start(launch, key)
    except OSError as error:
        sys.exit(f"{launch.program} can't be run: {error.strerror}")
    threading.Thread(target=relay, args=(server, parent), daemon=True).start()
    parent.wait()
    server.kill()
    os._exit(0)


if __name__ == "__main__":
    main()
