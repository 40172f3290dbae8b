"""What an engine's process has of its parent's, and what it may not do."""

import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from puna.engines.process.confinement import environment
from puna.engines.process.process import EngineProcess
from tests.stored_models import micro_launch

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what a process has is read from Linux's /proc")

CONNECT = """
import socket, sys
from puna.engines.process.confinement import confine
confine()
with socket.create_server(("127.0.0.1", 0)):
    print("listens")
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])))
except OSError as error:
    print(type(error).__name__)
"""


@pytest.fixture
async def process(
    micro: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[EngineProcess, int]]:
    """An engine, and a descriptor that its parent had open when it was started."""
    for name in (
        "HF_TOKEN",
        "OPENAI_API_KEY",
        "PUNA_API_KEYS",
        "AWS_SECRET_ACCESS_KEY",
        "LLAMA_API_KEY",
        "SSH_AUTH_SOCK",
    ):
        monkeypatch.setenv(name, "a secret")
    (tmp_path / "json.py").write_text("raise SystemExit('imported from the working folder')")
    monkeypatch.chdir(tmp_path)
    descriptor = os.open(tmp_path / "private", os.O_CREAT | os.O_RDWR)
    os.set_inheritable(descriptor, True)
    engine = await EngineProcess.start(micro_launch(micro))
    try:
        yield engine, descriptor
    finally:
        await engine.stop()
        os.close(descriptor)


async def test_an_engine_inherits_no_secret_and_no_file(process: tuple[EngineProcess, int]) -> None:
    engine, _ = process
    assert "a secret" not in psutil.Process(engine.id).environ().values()
    assert not [path for path in files(engine.id) if path.endswith("/private")]


async def test_no_thread_of_an_engine_may_gain_rights(process: tuple[EngineProcess, int]) -> None:
    engine, _ = process
    threads = statuses(engine.id)
    assert len(threads) > 1
    assert all("NoNewPrivs:\t1" in status for status in threads)


def files(process: int) -> list[str]:
    """What a process has open."""
    return [os.readlink(entry) for entry in Path(f"/proc/{process}/fd").iterdir()]


def statuses(process: int) -> list[str]:
    """What Linux tells of each thread of a process."""
    return [(thread / "status").read_text() for thread in Path(f"/proc/{process}/task").iterdir()]


def test_an_engine_listens_but_connects_to_nobody() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        program = [sys.executable, "-c", CONNECT, str(server.getsockname()[1])]
        answer = subprocess.run(program, capture_output=True, text=True, check=True)
    if answer.stdout == "listens\n":
        pytest.skip("this Linux has no Landlock for the network")
    assert answer.stdout == "listens\nPermissionError\n"


def test_the_environment_is_what_libraries_go_by() -> None:
    kept = {"PATH": "1", "CUDA_VISIBLE_DEVICES": "0", "LC_ALL": "C", "GGML_VK_VISIBLE_DEVICES": "0", "Path": "1"}
    given = kept | {
        "LLAMA_API_KEY": "k",
        "HF_TOKEN": "t",
        "PUNA_DATABASE_URL": "u",
        "NVIDIA_API_KEY": "k",
        "EDITOR": "vi",
    }
    assert environment(given) == kept
