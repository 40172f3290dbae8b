"""`puna launch`: what tools get, with programs in their place that tell what they got."""

import json
import os
import shlex
import socket
import sys
from pathlib import Path

import pytest

from puna.cli.launch.tools import ALIASES, TOOLS, Target, find, other
from tests.cli.puna import Puna
from tests.library import ggufs
from tests.server import RunningServer
from tests.stored_models import add_model

TARGET = Target(url="http://127.0.0.1:1234", model="ann/some-model:7b", key="a key", context=65536)
TELLS = f"""#!{sys.executable}
import json, os, sys
print(json.dumps({{"arguments": sys.argv[1:], "variables": dict(os.environ)}}))
sys.exit(int(os.environ.get("END", "0")))
"""


def install(puna: Puna, program: str, **variables: str) -> Puna:
    """The command where that program is on the path, and tells what it got."""
    folder = puna.folder / "programs"
    folder.mkdir(exist_ok=True)
    (folder / program).write_text(TELLS)
    (folder / program).chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return Puna(puna.folder, puna.home, puna.address, {"PATH": path, **variables})


@pytest.fixture
def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def told(output: str) -> tuple[list[str], dict[str, str]]:
    got = json.loads(output)
    return got["arguments"], got["variables"]


@pytest.mark.parametrize("name", TOOLS)
def test_every_tool_is_pointed_at_the_server_and_the_model(name: str) -> None:
    tool = TOOLS[name]
    given = json.dumps([tool.arguments(TARGET), dict(tool.environment(TARGET))])
    for what in (TARGET.url, TARGET.model, TARGET.key):
        assert what in given
    assert tool.title
    assert tool.install


def test_other_programs_get_what_most_of_them_read() -> None:
    given = other("anything").environment(TARGET)
    assert given["OPENAI_BASE_URL"] == "http://127.0.0.1:1234/v1"
    assert given["ANTHROPIC_BASE_URL"] == given["OLLAMA_HOST"] == "http://127.0.0.1:1234"
    assert {find(alias) for alias in ALIASES} < set(TOOLS.values())


def test_a_tool_is_started_with_its_own_arguments_behind_ours(puna_with_server: Puna) -> None:
    puna = install(puna_with_server, "codex")
    arguments, variables = told(
        puna("launch", "codex", "--model", "tiny", "exec", "--json", "Hello", "--", "--model")
    )
    assert arguments[-4:] == ["exec", "--json", "Hello", "--model"]
    settings = dict(word.split("=", 1) for word in arguments[1:-4:2])
    assert settings["model"] == '"tiny"'
    assert f'base_url = "{puna.address}/v1"' in settings["model_providers.puna"]
    assert int(settings["model_context_window"]) > 0
    assert variables["PUNA_LAUNCH_KEY"] == "puna"
    assert [path for path in puna.folder.rglob("*") if path.is_file()] == [puna.folder / "programs" / "codex"]


def test_its_exit_code_is_the_commands(puna_with_server: Puna) -> None:
    puna = install(puna_with_server, "claude", END="3")
    result = puna.run("launch", "claude", "-p", "Hello", "--model", "tiny")
    assert result.returncode == 3
    arguments, variables = told(result.stdout)
    assert arguments == ["--model", "tiny", "-p", "Hello"]
    assert variables["ANTHROPIC_BASE_URL"] == puna.address
    assert "context" in result.stderr


def test_what_would_be_started_can_be_printed_for_a_tool_that_is_not_there(puna_with_server: Puna) -> None:
    words = shlex.split(puna_with_server("launch", "qwen-code", "--model", "tiny", "--dry-run"))
    assert f"OPENAI_BASE_URL={puna_with_server.address}/v1" in words
    assert words[-5:] == ["qwen", "--auth-type", "openai", "--model", "tiny"]


def test_a_tool_that_is_not_there_is_told_how_to_get(puna: Puna) -> None:
    bare = Puna(puna.folder, puna.home, puna.address, {"PATH": str(puna.folder)})
    for name, words in (("codex", "npm install -g @openai/codex"), ("nonsense", "puna launch --help")):
        result = bare.run("launch", name)
        assert (result.returncode, result.stdout) == (127, "")
        assert words in result.stderr


def test_a_server_is_started_where_none_runs_and_ends_with_the_tool(puna: Puna, unused_port: int) -> None:
    with_program = install(puna, "sgpt")
    here = Puna(puna.folder, puna.home, f"127.0.0.1:{unused_port}", with_program.variables)
    arguments, variables = told(here("launch", "sgpt"))
    assert arguments == ["--repl", "temp"]
    assert variables["API_BASE_URL"] == f"http://127.0.0.1:{unused_port}/v1"
    assert variables["DEFAULT_MODEL"] == "tiny"
    assert "/api/show" in (puna.home / "launch.log").read_text()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", unused_port))


def test_without_a_model_it_is_the_newest_that_calls_tools(
    puna_with_server: Puna, shared_server: RunningServer, tmp_path: Path
) -> None:
    puna = install(puna_with_server, "gptme")
    calls = {"tokenizer.chat_template": "{% for t in tools %}{{ t }}{% endfor %}{{ messages[0].content }}"}
    for name, values in (("older", calls), ("newer", calls), ("plain", {})):
        add_model(shared_server.home / "models", name, ggufs.write(tmp_path / f"{name}.gguf", values=values))
    arguments, _ = told(puna("launch", "gptme"))
    assert arguments == ["--model", "local/newer:latest"]
