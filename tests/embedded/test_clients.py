"""The clients on a server in this process. Each test has a process of its own, so that nothing is shared unseen."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.server import THREADS

HI = 'messages=[{"role": "user", "content": "Say this is a test"}]'


def run(tmp_path: Path, program: str, *, code: int = 0) -> list[str]:
    """The lines that a program prints, which has no home of its own to find."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": "", "PUNA_THREADS": THREADS}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, timeout=120, check=False
    )
    assert done.returncode == code, done.stderr
    return done.stdout.splitlines()


def test_chats_streams_and_responses_need_no_server(tmp_path: Path) -> None:
    program = f"""
import puna
client = puna.OpenAI()
print(client.chat.completions.create(model="tiny", {HI}).choices[0].message.content)
stream = client.chat.completions.create(model="tiny", {HI}, stream=True)
pieces = [chunk.choices[0].delta.content or "" for chunk in stream]
print(len(pieces) > 3, "".join(pieces))
first = client.responses.create(model="tiny", input="My name is Ada.")
second = client.responses.create(model="tiny", input="What is my name?", previous_response_id=first.id)
print("Ada" in second.output_text)
print(client.with_options(timeout=5).models.list().data[0].id)
print(len(puna.OpenAI().embeddings.create(model="tiny", input="x").data[0].embedding) > 10)
"""
    assert run(tmp_path, program) == ["This is a test.", "True This is a test.", "True", "tiny:latest", "True"]


def test_asynchronous_clients_in_several_event_loops(tmp_path: Path) -> None:
    program = f"""
import asyncio, puna
async def ask(client):
    return (await client.chat.completions.create(model="tiny", {HI})).choices[0].message.content
async def main():
    async with puna.AsyncOpenAI() as client:
        return await asyncio.gather(*(ask(client) for _ in range(4)))
print(asyncio.run(main()) == asyncio.run(main()) == ["This is a test."] * 4)
"""
    assert run(tmp_path, program) == ["True"]


def test_many_threads_and_clients_share_one_engine(tmp_path: Path) -> None:
    program = f"""
import threading, psutil, puna
answers = []
def ask():
    answers.append(puna.OpenAI().chat.completions.create(model="tiny", {HI}).choices[0].message.content)
threads = [threading.Thread(target=ask) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
engines = [child for child in psutil.Process().children() if "puna.engines.llama.runner" in child.cmdline()]
print(answers == ["This is a test."] * 8, len(engines))
"""
    assert run(tmp_path, program) == ["True 1"]


def test_a_stream_that_is_left_frees_the_engine(tmp_path: Path) -> None:
    program = """
import httpx2, puna
client = puna.OpenAI()
for chunk in client.completions.create(model="tiny", prompt="a", max_tokens=2000, temperature=1, stream=True):
    break
rest = client.chat.completions.create(model="tiny", messages=[{"role": "user", "content": "hi"}], max_tokens=1)
metrics = ""
while "puna_active_requests" not in metrics or 'puna_active_requests{model="tiny:latest"} 0.0' not in metrics:
    metrics = client._client.get("http://localhost/metrics").text
print("free")
"""
    assert run(tmp_path, program) == ["free"]


@pytest.mark.parametrize(("ending", "code"), [("pass", 0), ("os.kill(os.getpid(), signal.SIGKILL)", -9)])
def test_engines_end_with_the_process_also_when_it_is_killed(tmp_path: Path, ending: str, code: int) -> None:
    program = f"""
import os, signal, psutil, puna
puna.OpenAI().chat.completions.create(model="tiny", {HI})
print(psutil.Process().children()[0].pid, flush=True)
{ending}
"""
    [pid] = map(int, run(tmp_path, program, code=code))
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=20)
    assert not psutil.pid_exists(pid)


def test_a_fork_gets_a_server_of_its_own(tmp_path: Path) -> None:
    program = f"""
import os, puna
client = puna.OpenAI()
ask = lambda: client.chat.completions.create(model="tiny", {HI}).choices[0].message.content
print(ask(), flush=True)
child = os.fork()
if child == 0:
    print(ask(), flush=True)
    os._exit(0)
print(os.waitpid(child, 0)[1], ask(), flush=True)
"""
    assert sorted(run(tmp_path, program)) == ["0 This is a test.", "This is a test.", "This is a test."]


def test_what_a_path_keeps_is_there_for_the_next_process(tmp_path: Path) -> None:
    home = str(tmp_path / "kept")
    program = f"""
import puna, sys
client = puna.OpenAI(path={home!r})
{{work}}
"""
    first = program.format(work='print(client.responses.create(model="tiny", input="My name is Ada.").id)')
    [identifier] = run(tmp_path, first)
    second = program.format(work=f"print(client.responses.retrieve({identifier!r}).status)")
    assert run(tmp_path, second) == ["completed"]


def test_a_port_for_other_programs(tmp_path: Path) -> None:
    program = f"""
import openai, puna
with puna.serve(port=0) as server:
    client = openai.OpenAI(base_url=server.base_url, api_key="x")
    print(client.chat.completions.create(model="tiny", {HI}).choices[0].message.content)
try:
    openai.OpenAI(base_url=server.base_url, api_key="x", max_retries=0).models.list()
except openai.APIConnectionError:
    print("closed")
"""
    assert run(tmp_path, program) == ["This is a test.", "closed"]


def test_the_client_of_the_native_api(tmp_path: Path) -> None:
    program = f"""
import asyncio, puna
print(puna.Client().chat("tiny", {HI}).message.content)
async def main():
    return (await puna.AsyncClient().chat("tiny", {HI})).message.content
print(asyncio.run(main()))
"""
    assert run(tmp_path, program) == ["This is a test."] * 2


def test_importing_puna_imports_nothing_heavy(tmp_path: Path) -> None:
    [modules] = run(tmp_path, "import puna, sys; print(*sys.modules)")
    assert not {"asyncio", "pydantic", "starlette", "numpy", "openai", "httpx2", "orjson"} & {*modules.split()}


@pytest.mark.parametrize(("name", "package"), [("OpenAI", "openai"), ("Client", "ollama")])
def test_a_package_that_is_missing_is_named(tmp_path: Path, name: str, package: str) -> None:
    program = f"""
import sys, puna
sys.modules[{package!r}] = None
try:
    puna.{name}
except ImportError as error:
    print(error)
"""
    assert run(tmp_path, program) == [f"puna.{name} needs the package '{package}': pip install {package}"]


def test_what_the_documentation_says_to_paste(tmp_path: Path) -> None:
    pasted = (Path(__file__).parents[2] / "docs" / "python.md").read_text().partition("```python\n")[2]
    assert run(tmp_path, pasted.partition("```")[0]) == ["This is a test."]
