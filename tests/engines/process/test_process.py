import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx2
import psutil
import pytest

from puna.builds.compilation import system_info
from puna.builds.processor import processor_features, used_features
from puna.core.errors import EngineFailed
from puna.engines.process.log import without_folders
from puna.engines.process.process import EngineProcess
from puna.engines.process.spawn import spare
from tests.stored_models import micro_launch

PARENT = """
import asyncio, sys
from pathlib import Path
from puna.engines.process.log import without_folders
from puna.engines.process.process import EngineProcess
from puna.engines.process.spawn import spare
from tests.stored_models import micro_launch

async def main():
    program = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    process = await EngineProcess.start(micro_launch(Path(sys.argv[1]), program=program))
    print(process.id, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def family_of_killed_parent(*arguments: str) -> list[psutil.Process]:
    """Start an engine in a process of its own, kill that process, and return the engine and its children."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, *arguments], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    ) as parent:
        assert parent.stdout is not None
        engine = psutil.Process(int(parent.stdout.readline()))
        family = [engine, *engine.children(recursive=True)]
        parent.send_signal(signal.SIGKILL)
    return family


async def test_an_engine_serves_where_it_says(micro: Path) -> None:
    process = await EngineProcess.start(micro_launch(micro))
    try:
        assert process.alive
        assert httpx2.get(f"{process.address}/health").json() == {"status": "ok"}
        while not any("model loaded" in line for line in process.log):  # noqa: ASYNC110 - the log comes as it comes
            await asyncio.sleep(0)
    finally:
        await process.stop()
    assert not process.alive


async def test_an_engine_answers_nobody_without_its_key(micro: Path) -> None:
    process = await EngineProcess.start(micro_launch(micro))
    try:
        for key in ("none", process.key[:-1]):
            headers = {"Authorization": f"Bearer {key}"}
            answer = httpx2.post(f"{process.address}/completion", json={"prompt": "a"}, headers=headers)
            assert answer.status_code == 401
        command = " ".join(psutil.Process(process.id).cmdline())
        assert process.key not in command
    finally:
        await process.stop()


async def test_a_model_that_cannot_be_loaded_is_an_error_with_the_end_of_the_log(micro: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(micro.read_bytes()[:100_000])  # noqa: ASYNC240
    with pytest.raises(EngineFailed) as raised:
        await EngineProcess.start(micro_launch(broken))
    assert "could not load broken.gguf" in raised.value.message
    assert "not within the file bounds" in raised.value.log


async def test_a_program_that_is_no_program_is_an_error(micro: Path, tmp_path: Path) -> None:
    program = tmp_path / "llama-server"
    program.write_text("not a program")
    with pytest.raises(EngineFailed, match="can't be run"):
        await EngineProcess.start(micro_launch(micro, program=program))


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_an_engine_dies_with_its_killed_parent(micro: Path) -> None:
    gone, alive = psutil.wait_procs(family_of_killed_parent(str(micro)), timeout=30)
    assert gone
    assert not alive


def test_a_llama_server_binary_dies_with_its_killed_parent(micro: Path, llama_server: Path) -> None:
    gone, alive = psutil.wait_procs(family_of_killed_parent(str(micro), str(llama_server)), timeout=30)
    assert len(gone) == 2
    assert not alive


def test_a_llama_server_binary_says_what_of_the_processor_it_uses(llama_server: Path) -> None:
    used = used_features(system_info(llama_server))
    assert used
    assert used <= processor_features()


async def test_a_llama_server_binary_serves_the_same_way(micro: Path, llama_server: Path) -> None:
    process = await EngineProcess.start(micro_launch(micro, program=llama_server))
    try:
        headers = {"Authorization": f"Bearer {process.key}"}
        properties = httpx2.get(f"{process.address}/props", headers=headers).json()
        assert properties["total_slots"] == 2
        assert properties["default_generation_settings"]["n_ctx"] == 2048
        assert httpx2.get(f"{process.address}/props").status_code == 401
    finally:
        await process.stop()


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("failed to open '/home/ann/my models/a.gguf': no", "failed to open 'a.gguf': no"),
        ('  File "/usr/lib/python3/x.py", line 3', '  File "x.py", line 3'),
        (r"C:\Users\ann\.puna\models\a.gguf is damaged", "a.gguf is damaged"),
        ("listening on http://127.0.0.1:80/v1/models", "listening on http://127.0.0.1:80/v1/models"),
        ("12/24 layers, 3 / 4", "12/24 layers, 3 / 4"),
    ],
)
def test_a_log_that_is_shown_names_no_folders(line: str, shown: str) -> None:
    assert without_folders(line) == shown


async def test_a_spare_process_is_told_what_to_load_and_no_second_one_is_started(micro: Path) -> None:
    launch = micro_launch(micro)
    async with spare(launch.module) as waiting:
        first = await EngineProcess.start(launch)
        assert first.id == (await waiting).process.pid
        second = await EngineProcess.start(launch)
        assert second.id != first.id
    assert first.alive
    await asyncio.gather(first.stop(), second.stop())


async def test_a_spare_process_that_nobody_needs_is_ended(monkeypatch: pytest.MonkeyPatch, micro: Path) -> None:
    launch = micro_launch(micro)
    async with spare(launch.module) as waiting:
        assert (await waiting).alive
    assert not (await waiting).alive
    monkeypatch.setattr("puna.engines.process.spawn.SPARE_SECONDS", 0.0)
    async with spare(launch.module) as waiting:
        await (await waiting).process.wait()
        engine = await EngineProcess.start(launch)
    await engine.stop()


async def test_a_spare_process_that_died_is_replaced(micro: Path) -> None:
    launch = micro_launch(micro)
    async with spare(launch.module) as waiting:
        died = await waiting
        died.process.kill()
        await died.process.wait()
        engine = await EngineProcess.start(launch)
    assert engine.id != died.process.pid
    await engine.stop()


def test_a_missing_library_of_the_system_is_named() -> None:
    start = "import sys, runpy; sys.modules['xllamacpp'] = None; runpy.run_module('puna.engines.llama.runner')"
    result = subprocess.run([sys.executable, "-c", start], capture_output=True, text=True, check=False)
    assert result.stderr.startswith("The packaged engine can't be used here: ")
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
