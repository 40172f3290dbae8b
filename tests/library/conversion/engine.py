"""llama.cpp in its own process: `python -m tests.library.conversion.engine FILE [OPTION…]`.

The options are `embedding`, `template=FILE` and `projector=FILE`.
"""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Engine:
    """A running engine."""

    def __init__(self, address: str) -> None:
        self._address = address

    def post(self, path: str, **body: Any) -> Any:
        request = urllib.request.Request(  # noqa: S310
            self._address + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=300) as response:  # noqa: S310
            return json.load(response)


@contextmanager
def running(weights: Path, *options: str) -> Iterator[Engine]:
    """Load a GGUF file, for as long as the block takes."""
    command = [sys.executable, "-m", "tests.library.conversion.engine", str(weights), *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            addresses = (line.removeprefix("address ").strip() for line in process.stdout if line[:8] == "address ")
            yield Engine(next(addresses))
        finally:
            process.kill()


def main() -> None:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = sys.argv[1]
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_parallel = 1
    params.n_ctx = 512
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.embedding = "embedding" in sys.argv
    for option in sys.argv:
        if option.startswith("template="):
            params.chat_template = Path(option.removeprefix("template=")).read_text()
        if option.startswith("projector="):
            params.mmproj.path = option.removeprefix("projector=")
    server = xllamacpp.Server(params)
    print("address", server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
