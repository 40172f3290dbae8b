"""`puna run` at a terminal, through a real one."""

import re
from pathlib import Path

import pytest

from tests.cli.puna import Puna
from tests.cli.terminal import CTRL_C, CTRL_D, PROMPT, UP, session
from tests.server import RunningServer
from tests.stored_models import add_model, write_micro_model

TEST = "Say this is a test"


@pytest.fixture
def puna(puna_with_server: Puna) -> Puna:
    """The command where a server runs."""
    return puna_with_server


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that goes on for minutes: `micro` fills its context in a second, and then its answer is over."""
    return write_micro_model(tmp_path_factory.mktemp("endless") / "endless.gguf", context=1 << 17)


def modelfile(puna: Puna, name: str) -> str:
    return puna("show", name, "--modelfile")


def test_what_is_said_is_answered_and_saved(puna: Puna) -> None:
    with session(puna, "tiny") as terminal:
        assert terminal.say(TEST) == "This is a test."
        assert terminal.say("/set system Be brief.") == "Set system message."
        assert "Be brief." in terminal.say("/show system")
        assert terminal.say("/set parameter top_k 7") == "Set parameter 'top_k' to '7'"
        assert "'<a>, b c'" in terminal.say("/set parameter stop <a> 'b c'")
        assert re.search(r"top_k +7", terminal.say("/show parameters"))
        assert "Created new model 'mine'" in terminal.say("/save mine")
        assert terminal.say("/clear") == "Cleared session context"
        assert "Created new model 'empty'" in terminal.say("/save empty")
        terminal.enter("/bye")
        assert terminal.end() == 0
    saved = modelfile(puna, "mine")
    assert "MESSAGE user Say this is a test\nMESSAGE assistant This is a test." in saved
    assert "SYSTEM Be brief." in saved
    assert "PARAMETER top_k 7" in saved
    assert "PARAMETER stop b c" in saved.replace('"', "")
    assert "MESSAGE" not in modelfile(puna, "empty")


def test_a_saved_session_goes_on(puna: Puna) -> None:
    puna("create", "mine", "-f", "-", stdin="FROM tiny\nMESSAGE user hi\nMESSAGE assistant Hello there.\n")
    with session(puna, "tiny") as terminal:
        terminal.say(TEST)
        shown = terminal.say("/load mine")
        assert shown.endswith(">>> hi\nHello there.")
        terminal.say("Say this is a test.")
        terminal.say("/save both")
    messages = re.findall("MESSAGE (.+)", modelfile(puna, "both"))
    assert messages[:3] == ["user hi", "assistant Hello there.", "user Say this is a test."]
    assert len(messages) == 4


def test_a_message_may_have_several_lines(puna: Puna) -> None:
    with session(puna, "tiny") as terminal:
        terminal.say("/set parameter num_predict 8")  # whatever it says to this
        terminal.enter('"""first')
        terminal.enter("second", mark="... ")
        terminal.enter('third"""', mark="... ")
        terminal.until_prompt()
        terminal.enter('/set system """You')
        terminal.enter('are kind."""', mark="... ")
        terminal.until_prompt()
        terminal.press("\x1b[200~pasted\rlines\x1b[201~")  # as a terminal sends what is pasted
        terminal.until(lambda text: "lines" in text)
        terminal.press("\r")
        terminal.until_prompt()
        terminal.say("/save lines")
    saved = modelfile(puna, "lines")
    assert 'MESSAGE user "first\nsecond\nthird"' in saved
    assert 'MESSAGE user "pasted\nlines"' in saved
    assert 'SYSTEM "You\nare kind."' in saved


def test_ctrl_c_ends_the_answer_and_not_the_session(puna: Puna, shared_server: RunningServer, endless: Path) -> None:
    add_model(shared_server.home / "models", "endless", endless)
    with session(puna, "endless", "--nowordwrap") as terminal:
        terminal.enter("go on for ever")
        terminal.until(lambda text: len(text.rpartition("go on for ever")[2]) > 200)
        terminal.press(CTRL_C)
        terminal.until_prompt()
        terminal.say("/set verbose")
        assert terminal.say("/set parameter num_predict 50") == "Set parameter 'num_predict' to '50'"
        assert "eval count:           50 tokens" in terminal.say("only fifty")
        terminal.press(CTRL_C)
        terminal.until(lambda text: "type /bye to exit" in text and text.endswith(PROMPT))
        terminal.say("/save stopped")
        terminal.press(CTRL_D)
        assert terminal.end() == 0
    roles = re.findall(r"MESSAGE (\w+)", modelfile(puna, "stopped"))
    assert roles == ["user", "assistant", "user", "assistant"]


def test_a_session_needs_no_server(tmp_path: Path, endless: Path) -> None:
    alone = Puna(tmp_path, tmp_path / "home")
    add_model(alone.home / "models", "endless", endless)
    with session(alone, "endless", "--nowordwrap") as terminal:
        terminal.enter("go on for ever")
        terminal.until(lambda text: len(text.rpartition("go on for ever")[2]) > 200)
        terminal.press(CTRL_C)
        terminal.until_prompt()
        assert terminal.say("/load tiny") == "Loading 'tiny'"
        assert terminal.say(TEST) == "This is a test."
        terminal.enter("/bye")
        assert terminal.end() == 0


def test_what_is_set_acts_and_can_be_unset(puna: Puna) -> None:
    with session(puna, "tiny") as terminal:
        terminal.say("/set parameter num_predict 40")
        terminal.say("/set format json")
        assert terminal.say("one").startswith("{")
        terminal.say("/set noformat")
        assert terminal.say(TEST) == "This is a test."
        terminal.say("/set verbose")
        assert "eval rate:" in terminal.say(f"{TEST}.")
        terminal.say("/set quiet")
        assert "eval rate:" not in terminal.say(f"{TEST}, please.")


def test_what_is_typed_is_there_in_the_next_session(puna: Puna) -> None:
    with session(puna, "tiny") as terminal:
        terminal.say("/set quiet")
        terminal.say("/set nohistory")
        terminal.say("/set verbose")
    kept = puna.home / "history"
    assert kept.stat().st_mode & 0o077 == 0
    assert "/set quiet" in kept.read_text()
    assert "/set verbose" not in kept.read_text()
    with session(puna, "tiny") as terminal:
        terminal.press(UP)
        terminal.press(UP)
        terminal.until(lambda text: text.endswith(">>> /set quiet"))


def test_mistakes_are_said_and_the_session_goes_on(puna: Puna) -> None:
    with session(puna, "tiny") as terminal:
        assert "Unknown command '/what'" in terminal.say("/what")
        assert "unknown parameter 'num_ctxx'" in terminal.say("/set parameter num_ctxx 3")
        assert "has to be a whole number" in terminal.say("/set parameter top_k many")
        assert "can't reach 127.0.0.1" in terminal.say("/load 127.0.0.1:9/library/llama")
        assert "has to be json" in terminal.say("/set format xml")
        assert "invalid model name" in terminal.say("/save ../x")
        assert "comes with Puna" in terminal.say("/save tiny")
        assert "/set parameter NAME VALUE" in terminal.say("/set what")
        assert re.search(r"/bye +Exit", terminal.say("/?"))
        assert "architecture" in terminal.say("/show info")
        assert "FROM" in terminal.say("/show modelfile")
        terminal.say("/set parameter num_ctx 32")
        assert "32 tokens" in terminal.say(" ".join("abcdefghijklmnopqrstuvwxyz0123456789"))
        terminal.say("/set parameter num_ctx 2048")
        assert terminal.say(TEST) == "This is a test."


def test_a_model_that_does_not_see_gets_the_path(puna: Puna, shared_server: RunningServer) -> None:
    (puna.folder / "a.png").write_bytes(b"a picture")
    weights = write_micro_model(puna.folder / "blind.gguf")
    add_model(shared_server.home / "models", "blind", weights, parameters={"num_predict": 4})
    with session(puna, "blind") as terminal:
        assert "Added image" not in terminal.say("What is in ./a.png ?")
        terminal.say("/save text")
    assert "MESSAGE user What is in ./a.png ?" in modelfile(puna, "text")
