import json
from pathlib import Path

import pytest

from puna.cli.commands.run import run
from tests.cli.puna import UNUSED_PORT, Puna
from tests.server import StartServer

PROMPT = "Say this is a test"


def test_a_prompt_is_answered_with_and_without_a_server(puna: Puna, puna_with_server: Puna) -> None:
    assert puna("run", "tiny", PROMPT) == "This is a test.\n"
    assert puna_with_server("run", "tiny", PROMPT) == "This is a test.\n"


def test_a_prompt_comes_through_a_pipe(puna: Puna) -> None:
    assert puna("run", "tiny", stdin=PROMPT) == "This is a test.\n"


def test_an_answer_has_the_form_that_is_asked_for_and_its_timings(puna: Puna) -> None:
    schema = {"type": "object", "properties": {"count": {"type": "integer"}}, "required": ["count"]}
    result = puna.run("run", "tiny", "--format", json.dumps(schema), "--verbose", PROMPT)
    assert isinstance(json.loads(result.stdout)["count"], int)
    assert "eval rate:" in result.stderr


def test_what_can_not_be_asked_is_one_line(puna: Puna) -> None:
    assert "there is no prompt" in puna.fails("run", "tiny")
    assert "--format" in puna.fails("run", "tiny", "--format", "xml", PROMPT)
    assert "keep_alive" in puna.fails("run", "tiny", "--keepalive", "soon", PROMPT)


def test_a_near_name_is_told_but_pulled_all_the_same(puna: Puna) -> None:
    registry = f"127.0.0.1:{UNUSED_PORT}/library"
    puna("cp", "tiny", f"{registry}/mistral")
    message = puna.fails("run", f"{registry}/mixtral", PROMPT)
    assert f"did you mean '{registry}/mistral:latest'? Pulling it failed: can't reach 127.0.0.1" in message
    assert "did you mean" not in puna.fails("run", f"{registry}/llama", PROMPT)


def test_models_in_memory_are_listed_and_stopped(tmp_path: Path, start_server: StartServer) -> None:
    puna = Puna(tmp_path, tmp_path / "elsewhere", start_server().url)
    assert puna("ps").split() == ["NAME", "ID", "SIZE", "PROCESSOR", "CONTEXT", "UNTIL"]
    puna("run", "tiny", "--keepalive", "-1", PROMPT)
    assert "tiny:latest" in puna("ps")
    assert "Forever" in puna("ps")
    assert [model["name"] for model in json.loads(puna("ps", "--json"))] == ["tiny:latest"]
    assert puna("stop", "tiny") == ""
    assert "tiny:latest" not in puna("ps")
    assert "not found" in puna.fails("stop", "nothing-like-it")


@pytest.mark.parametrize(
    ("arguments", "think", "model", "prompt"),
    [
        (["--think", "tiny", "hello"], "true", "tiny", ("hello",)),
        (["--think=low", "tiny"], "low", "tiny", ()),
        (["tiny", "--think", "high", "hello"], "high", "tiny", ("hello",)),
        (["tiny", "--think"], "true", "tiny", ()),
        (["tiny", "--", "--think"], "", "tiny", ("--think",)),
        (["tiny"], "", "tiny", ()),
    ],
)
def test_think_takes_a_level_or_none(arguments: list[str], think: str, model: str, prompt: tuple[str, ...]) -> None:
    given = run.make_context("run", arguments).params
    assert (given["think"], given["model"], given["prompt"]) == (think, model, prompt)
