"""Every snippet of README and docs is run, or stands in `exceptions.py` with the reason why not."""

import ast
import io
import json
import os
import re
import shutil
import subprocess
import tomllib
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from click.testing import CliRunner

from puna.cli import app
from puna.library.modelfile import Modelfile
from tests.documentation.exceptions import ELSEWHERE, NOT_RUN
from tests.documentation.snippets import PAGES, ROOT, Snippet, name_of, snippets
from tests.pictures import half
from tests.server import RunningServer

ADDRESS = "http://localhost:11434"
SNIPPETS = snippets()
PRINTED = re.compile(r"print\(.*\)  # (.+)$", re.MULTILINE)
"""A line of Python whose comment says what it prints."""
TASKS = sorted((ROOT / "docs" / "guide").glob("*.md"))
NODE = Path(__file__).parents[1] / "clients" / "node"


def of(*languages: str) -> list[Snippet]:
    return [snippet for snippet in SNIPPETS if snippet.language in languages]


def reason(words: list[str]) -> str | None:
    """Why that command is not run."""
    line = " ".join(words)
    return next((why for beginning, why in NOT_RUN.items() if line.startswith(beginning)), None)


COMMANDS = [
    pytest.param(words, id=f"{snippet.page}-{' '.join(words)[:40]}")
    for snippet in of("sh", "console")
    for words in snippet.commands
    if reason(words) is None
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the reader is in, with the files that pages speak of."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cat.jpg").write_bytes(half("red", "JPEG"))
    (tmp_path / "Modelfile").write_text("FROM llama3.2\nPARAMETER num_ctx 8192\n")
    return tmp_path


@pytest.mark.parametrize("page", sorted({snippet.page for snippet in of("python")} - {*ELSEWHERE}))
def test_python_runs_and_prints_what_it_says(page: str, server: RunningServer) -> None:
    names: dict[str, object] = {"__name__": "__main__"}
    for snippet in of("python"):
        if snippet.page == page:
            output = io.StringIO()
            with redirect_stdout(output):
                exec(compile(snippet.text.replace(ADDRESS, server.url), page, "exec"), names)  # noqa: S102
            for expected in PRINTED.findall(snippet.text):
                assert expected in output.getvalue()


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_succeeds(words: list[str], server: RunningServer, folder: Path) -> None:
    if words[0].endswith("puna"):
        stdin = (folder / words.pop()).read_bytes() if words[-2] == "<" else b""
        arguments = words[1:-1] if stdin else words[1:]
        clean = {name: None for name in os.environ if name.startswith(("PUNA_", "OLLAMA_"))}
        environment = {**clean, "PUNA_HOME": str(folder), "PUNA_HOST": server.url}
        result = CliRunner().invoke(app, arguments, env=environment, input=stdin)
        assert result.exit_code == 0, result.output
    else:
        assert words[0] == "curl", f"run it, or say in exceptions.py why not: {words}"
        asked = [word.replace(ADDRESS, server.url) for word in words]
        answer = subprocess.run([*asked, "--silent", "--show-error", "--fail"], capture_output=True, check=False)
        assert answer.returncode == 0, answer.stderr
        assert not json.loads(answer.stdout).get("error")


def test_javascript_runs(server: RunningServer) -> None:
    node = shutil.which("node")
    if node is None or not (NODE / "node_modules" / "openai").is_dir():
        pytest.skip("Node.js, or its package openai, is not installed")
    for snippet in of("javascript"):
        code = snippet.text.replace(ADDRESS, server.url)
        command = [node, "--input-type=module", "--eval", code]
        result = subprocess.run(command, cwd=NODE, capture_output=True, text=True, check=False)
        assert result.stdout.count("This is a test.") == 2, result.stderr


def test_data_is_well_formed() -> None:
    yaml = pytest.importorskip("yaml")
    for snippet in of("json"):
        json.loads(snippet.text)
    for snippet in of("toml"):
        tomllib.loads(snippet.text)
    for snippet in of("yaml"):
        yaml.safe_load(snippet.text)
    for snippet in of("modelfile"):
        assert Modelfile.parse(snippet.text.encode())


def test_every_snippet_is_of_a_language_that_is_run() -> None:
    known = ("python", "sh", "console", "javascript", "json", "toml", "yaml", "modelfile", "text")
    assert [snippet for snippet in SNIPPETS if snippet.language not in known] == []


def test_exceptions_are_needed() -> None:
    lines = [" ".join(words) for snippet in of("sh", "console") for words in snippet.commands]
    assert [beginning for beginning in NOT_RUN if not any(line.startswith(beginning) for line in lines)] == []
    for page, test in ELSEWHERE.items():
        assert Path(page).name in (ROOT / test).read_text()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_python_of_every_page_is_python(page: Path) -> None:
    for snippet in of("python"):
        if snippet.page == name_of(page):
            compile(snippet.text, snippet.page, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)  # as notebooks have it


@pytest.mark.parametrize("page", TASKS, ids=lambda page: page.name)
def test_a_page_about_a_task_begins_with_something_to_paste(page: Path) -> None:
    assert re.match(r"# .+\n\n```", page.read_text())
