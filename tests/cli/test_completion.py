"""Completion in a real bash, as somebody at a terminal sees it."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from tests.cli.puna import Puna

PROMPT = "ready> "


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Puna:
    """The command where no server runs, and some models are."""
    folder = tmp_path_factory.mktemp("stocked")
    puna = Puna(folder, folder / "home")
    for name in ("ann/small:1b", "ann/small:7b", "mine"):
        puna("cp", "tiny", name)
    return puna


@pytest.fixture
def bash(stocked: Puna) -> Iterator["pexpect.spawn[str]"]:
    """A shell with completion set up, where models can be completed."""
    program = shutil.which("bash")
    if program is None:
        pytest.skip("there is no bash")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    shell = pexpect.spawn(
        program,
        ["--norc", "--noprofile"],
        env={**stocked.environment, "PATH": path, "PS1": PROMPT, "TERM": "dumb", "INPUTRC": os.devnull},
        cwd=str(stocked.folder),
        dimensions=(50, 200),
        encoding="utf-8",
        timeout=100,
    )
    shell.delaybeforesend = None
    shell.expect_exact(PROMPT)
    shell.sendline("bind 'set bell-style none'")
    shell.expect_exact(PROMPT)
    shell.sendline('eval "$(puna --show-completion bash)"')
    shell.expect_exact(PROMPT)
    yield shell
    shell.close(force=True)


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("puna sh", "puna show "),
        ("puna run mi", "puna run mine "),
        ("puna run ann/small:1", "puna run ann/small:1b "),
        ("puna run tiny:l", "puna run tiny:latest "),
        ("puna rm tiny mi", "puna rm tiny mine "),
        ("puna show --modelf", "puna show --modelfile "),
        ("puna run ann/", "puna run ann/small:"),
    ],
)
def test_tab_completes(bash: "pexpect.spawn[str]", typed: str, completed: str) -> None:
    bash.send(f"{typed}\t")
    bash.expect_exact(completed)


def test_two_tabs_list_what_is_possible(bash: "pexpect.spawn[str]") -> None:
    bash.send("puna run ann/small:\t\t")
    bash.expect(r"1b\s+7b|7b\s+1b")


@pytest.mark.parametrize(
    ("shell", "words"), [("zsh", "#compdef puna"), ("fish", "complete --no-files --command puna")]
)
def test_other_shells_have_theirs(puna: Puna, shell: str, words: str) -> None:
    script = puna("--show-completion", shell)
    assert words in script
    assert "_PUNA_COMPLETE" in script


def test_a_server_that_can_not_be_asked_completes_nothing(tmp_path: Path) -> None:
    away = Puna(tmp_path, tmp_path, "192.0.2.1:1", {"_PUNA_COMPLETE": "bash_complete", "COMP_WORDS": "puna run t"})
    result = away.run()
    assert (result.returncode, result.stdout.strip(), result.stderr) == (0, "", "")
