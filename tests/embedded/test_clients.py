"""The clients on a server in this process. Each test has a process of its own, so that nothing is shared unseen."""

import ast
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import psutil
import pytest

from puna.models import TINY_IMAGE_NAME
from tests.fork_server import PROGRAM, fork_server
from tests.server import THREADS

HI = 'messages=[{"role": "user", "content": "Say this is a test"}]'


def environment(tmp_path: Path) -> dict[str, str]:
    """Of a program that has no home of its own to find."""
    return {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": "", "PUNA_THREADS": THREADS}


def run(tmp_path: Path, program: str, *arguments: str) -> list[str]:
    """The lines that a program prints, in a process that has imported already what it may need."""
    reading, writing = os.pipe()
    log = tmp_path / "errors"
    with os.fdopen(reading) as output:
        with log.open("w") as errors, os.fdopen(writing, "w") as printing:
            order = ["-c", program, *arguments]
            fork_server(PROGRAM).start(order, environment(tmp_path), printing.fileno(), errors.fileno())
        lines = output.read().splitlines()
    assert "Traceback" not in log.read_text(), log.read_text()
    return lines


def run_afresh(tmp_path: Path, program: str, *, code: int = 0) -> list[str]:
    """The lines that a program prints, in a process that has imported nothing."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env=environment(tmp_path),
        cwd=tmp_path,
        timeout=120,
        check=False,
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
    [pid] = map(int, run_afresh(tmp_path, program, code=code))
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=20)
    assert not psutil.pid_exists(pid)


def test_a_fork_gets_a_server_of_its_own_and_leaves_its_parents_alone(tmp_path: Path) -> None:
    program = f"""
import os, sys, puna
client, here = puna.OpenAI(), puna.Puna(path="kept")
ask = lambda: client.chat.completions.create(model="tiny", {HI}).choices[0].message.content
kept = client.responses.create(model="tiny", input="Say this is a test").id
with puna.serve() as server:
    child = os.fork()
    if child == 0:
        print(ask(), here.models()[0].name, flush=True)
        sys.exit()
    print(os.waitpid(child, 0)[1], ask(), flush=True)
print(client.responses.retrieve(kept).status)
"""
    child = "This is a test. tiny:latest"
    assert sorted(run(tmp_path, program)) == ["0 This is a test.", child, "completed"]


def test_a_fork_while_the_server_starts_is_not_left_with_half_of_it(tmp_path: Path) -> None:
    program = f"""
import os, threading, puna
client = puna.OpenAI()
chat = client.chat.completions
ask = lambda: chat.create(model="tiny", {HI}).choices[0].message.content
starting = threading.Thread(target=puna.Puna)
starting.start()
child = os.fork()
os.write(1, (ask() + chr(10)).encode())  # a line and its end at once: both write here
if child == 0:
    os._exit(0)
starting.join()
print(os.waitpid(child, 0)[1])
"""
    assert sorted(run(tmp_path, program)) == ["0", "This is a test.", "This is a test."]


def test_a_second_process_with_the_same_home_is_no_trouble(tmp_path: Path) -> None:
    """It reads what the first has stored, brings a model that the first then has, and ends without a word to it."""
    program = f"""
import subprocess, sys, puna
client = puna.OpenAI(path="home")
first = client.responses.create(model="tiny", input="My name is Ada.")
stream = client.chat.completions.create(model="tiny", {HI}, stream=True)
next(stream)
other = '''
import puna, sys
with puna.Puna(path="home") as here:
    here.copy("tiny", "second")
    print(here.openai().responses.create(
        model="second", input="What is my name?", previous_response_id=sys.argv[1]).output_text)
'''
subprocess.run([sys.executable, "-c", other, first.id], check=True)
print("".join(chunk.choices[0].delta.content or "" for chunk in stream))
print([model.id for model in client.models.list()])
print(client.responses.create(model="tiny", input="What is my name?", previous_response_id=first.id).output_text)
"""
    named, rest, models, again = run(tmp_path, program)
    assert "Ada" in named
    assert "test" in rest
    assert {*ast.literal_eval(models)} - {TINY_IMAGE_NAME} == {"second:latest", "tiny:latest"}
    assert again == named


def test_what_is_kept_for_a_server_is_not_read(tmp_path: Path) -> None:
    """Keys and a database are for those that a server serves; a program's own clients have none."""
    keys = tmp_path / "keys"
    keys.write_text("ada: secret-secret-secret\n")
    program = f"""
import os
os.environ |= {{"PUNA_API_KEYS_FILE": {str(keys)!r}, "PUNA_DATABASE_URL": "postgresql://nobody@localhost:1/none"}}
import puna
print(puna.OpenAI().responses.create(model="tiny", input="Say this is a test").status)
"""
    assert run(tmp_path, program) == ["completed"]


RELOADED = f"""
import puna
client = puna.AsyncOpenAI()

async def app(scope, receive, send):
    assert scope["type"] == "http"
    answer = await client.chat.completions.create(model="tiny", {HI})
    await send({{"type": "http.response.start", "status": 200, "headers": []}})
    await send({{"type": "http.response.body", "body": b"%d " + answer.choices[0].message.content.encode()}})
"""


def test_a_web_application_that_uvicorn_reloads(tmp_path: Path) -> None:
    application = tmp_path / "application.py"
    application.write_text(RELOADED % 1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "--reload",
        "--lifespan",
        "off",
        "--port",
        str(port),
        "application:app",
    ]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL) as uvicorn:
        try:
            assert answered(port, "1") == "1 This is a test."
            before = engines(uvicorn.pid)
            application.write_text(RELOADED % 2)
            assert answered(port, "2") == "2 This is a test."
            assert len(before) == len(engines(uvicorn.pid)) == 1
            gone, _ = psutil.wait_procs(before, timeout=20)
            assert gone == before
        finally:
            uvicorn.terminate()


def answered(port: int, version: str) -> str:
    """What that version of the application says, once it is there."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            said = httpx2.get(f"http://127.0.0.1:{port}", timeout=30).text
        except httpx2.TransportError:
            continue
        if said.startswith(version):
            return said
    raise TimeoutError


def engines(parent: int) -> list[psutil.Process]:
    """The engines among what a process has started."""
    family = psutil.Process(parent).children(recursive=True)
    return [child for child in family if "puna.engines.llama.runner" in child.cmdline()]


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


def test_a_first_answer_of_the_small_api_imports_no_web_framework(tmp_path: Path) -> None:
    program = """
import sys, puna
print("".join(puna.Puna().chat("tiny", "Say this is a test")))
print({"starlette", "pydantic", "openai", "uvicorn", "prometheus_client"} & {*sys.modules})
"""
    assert run_afresh(tmp_path, program) == ["This is a test.", "set()"]


def test_a_first_request_that_cannot_be_read_is_refused_as_a_later_one_is(tmp_path: Path) -> None:
    program = """
import puna
client = puna.http_client()
for content in (b"{", b"[1]", b'{"model": "nowhere", "messages": [{"role": "user", "content": "Hi"}]}'):
    answer = client.post("http://localhost/v1/chat/completions", content=content)
    again = client.post("http://localhost/v1/chat/completions", content=content)
    print(answer.status_code, answer.json() == again.json())
"""
    assert run_afresh(tmp_path, program) == ["400 True", "400 True", "404 True"]


def test_importing_puna_imports_nothing_heavy(tmp_path: Path) -> None:
    [modules] = run_afresh(tmp_path, "import puna, sys; print(*sys.modules)")
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
    assert run_afresh(tmp_path, program) == [f"puna.{name} needs the package '{package}': pip install {package}"]


def pasted(page: str) -> list[str]:
    """The Python that a page says to paste, but for what downloads a model."""
    text = (Path(__file__).parents[2] / "docs" / page).read_text()
    blocks = [block.partition("```")[0] for block in text.split("```python\n")[1:]]
    return [block for block in blocks if ".pull(" not in block]


def test_what_the_documentation_says_to_paste(tmp_path: Path) -> None:
    answer, models, loaded, brief, plain, address = run(tmp_path, "\n".join(pasted("python.md")))
    assert answer == "This is a test."
    assert {*ast.literal_eval(models)} - {TINY_IMAGE_NAME} == {"brief:latest", "tiny:latest"}
    assert ast.literal_eval(loaded) == [("brief:latest", 2048)]
    assert brief
    assert plain == "This is a test."
    assert address.startswith("http://127.0.0.1:")


NOTEBOOK = """
import ast, asyncio, inspect, sys

async def cells():
    names = {}
    for cell in sys.argv[1:]:
        tree = ast.parse(cell)
        if isinstance(last := tree.body[-1], ast.Expr):
            tree.body[-1] = ast.Assign([ast.Name("_", ast.Store())], last.value)
        code = compile(ast.fix_missing_locations(tree), "cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        if inspect.iscoroutine(waiting := eval(code, names)):
            await waiting
        print(names.pop("_", ""))

asyncio.run(cells())
"""
"""What a kernel does: cells one after the other in a loop that runs, and what the last line of each says is shown."""


def test_the_cells_of_the_page_about_notebooks(tmp_path: Path) -> None:
    streamed, together, embedded = run(tmp_path, NOTEBOOK, *pasted("notebooks.md"))
    assert (streamed, together) == ("This is a test.", str(["This is a test."] * 3))
    assert embedded == "(2, 160)"
