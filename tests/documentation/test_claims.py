"""Each claim of five pages has a test, and what those pages list is what there is."""

import ast
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from puna.cli import app
from puna.cli.client.client import Client
from puna.cli.output.answers import DisplayOptions, Piece, show_answer
from puna.cli.session.conversation import Conversation
from puna.cli.session.editor import Editor, KeptHistory
from puna.cli.session.session import Session
from puna.cli.session.slash import ALL_NAMES, COMMANDS, carry_out
from puna.library.modelfile import INSTRUCTIONS
from puna.library.parameters import Parameters
from puna.library.quantization import TYPES
from puna.library.template.translation import FUNCTIONS
from puna.machine import limits_along, machine_memory, memory_limit
from puna.observation.observer import client_of
from puna.settings import VARIABLES, Settings
from tests.documentation.claims import CLAIMS
from tests.documentation.snippets import ROOT
from tests.server import RunningServer

TESTS = ROOT / "tests"
AUTOMATIC = {"NUM_PARALLEL", "THREADS", "MAX_CONNECTIONS", "CONTEXT_LENGTH", "MAX_LOADED_MODELS", "MEMORY"}
"""Variables whose default is decided later, by the model or the machine."""


def text_of(page: str) -> str:
    return " ".join((ROOT / page).read_text().split())


def listed(page: str, beginning: str, end: str) -> set[str]:
    """The words in backticks between two places of a page."""
    part = text_of(page).partition(beginning)[2].partition(end)[0]
    return {word for words in re.findall(r"`([^`]+)`", part) for word in words.split()}


@pytest.mark.parametrize("page", CLAIMS)
def test_each_claim_stands_in_its_page_and_has_a_test(page: str) -> None:
    text = text_of(page)
    for claim, test in CLAIMS[page].items():
        assert claim in text
        file, _, name = test.partition("::")
        tree = ast.parse((TESTS / file).read_text())
        names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert name in names, test


@pytest.mark.parametrize("page", CLAIMS)
def test_each_row_of_a_page_has_a_claim(page: str) -> None:
    """Of a table's rows the first words in backticks: a command, an instruction, a variable."""
    rows = re.findall(r"^\| (`(?:puna |/set |/show )?[^` ]+)", (ROOT / page).read_text(), re.MULTILINE)
    claims = " ".join(CLAIMS[page])
    assert [row for row in rows if row not in claims] == []


def test_the_defaults_of_the_tables_are_the_defaults() -> None:
    defaults = Settings()
    for page in ("docs/configuration.md", "docs/scheduling.md"):
        for name, shown in re.findall(
            r"^\| `PUNA_(\w+)` \| `?([\w.]+)`? \|", (ROOT / page).read_text(), re.MULTILINE
        ):
            variable = VARIABLES[name]
            if variable.field and name not in AUTOMATIC and shown not in ("SQLite", "the"):
                value = {"on": "1", "off": "0"}.get(shown, shown)
                assert variable.parse(value) == getattr(defaults, variable.field), name


def test_what_modelfiles_may_hold_is_listed() -> None:
    page = "docs/modelfile.md"
    assert listed(page, "## Parameters", ", with Ollama's meanings") == Parameters.kinds().keys()
    assert listed(page, "| Instruction | Argument", "Paths are relative") >= {*INSTRUCTIONS}


def test_the_functions_of_templates_are_all_there() -> None:
    assert listed("docs/modelfile.md", "and the functions", ", over") == FUNCTIONS.keys()


def test_the_types_of_quantize_are_all_there() -> None:
    assert listed("docs/modelfile.md", "names another type:", "For other types") == TYPES.keys()


def test_every_command_of_a_session_is_listed() -> None:
    page = text_of("docs/cli.md")
    assert [name for name in ALL_NAMES if f"`{name}" not in page and COMMANDS.get(name)] in ([], ["/exit"])
    groups = {"/set": "`/set {0}", "/show": "{0}`"}
    for group, form in groups.items():
        assert [name for name in COMMANDS[group].subcommands if form.format(name) not in page] == []


def test_the_memory_limit_is_85_percent() -> None:
    assert memory_limit(Settings()).ram == int(machine_memory() * 0.85)


def test_a_control_groups_limit_is_found(tmp_path: Path) -> None:
    inner = tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    (inner / "memory.max").write_text("max\n")
    (inner.parent / "memory.max").write_text("1000000\n")
    assert limits_along(tmp_path, "outer/inner", "memory.max") == [1_000_000]


def test_keys_tell_programs_of_one_machine_apart() -> None:
    here, elsewhere = {"client": ("127.0.0.1", 1)}, {"client": ("10.0.0.1", 1)}
    assert len({client_of(here, "a"), client_of(here, "b"), client_of(here, ""), client_of(elsewhere, "a")}) == 4
    assert client_of(here, "a") == client_of({"client": ("127.0.0.1", 2)}, "a")


def test_settings_of_scheduling_can_have_ollamas_names() -> None:
    values = {"ACCESS_LOG": "0", "DEBUG": "1", "LOG_FORMAT": "json", "MEMORY": "1GiB", "SAVE_PROMPTS": "0"}
    for name in re.findall(r"^\| `PUNA_(\w+)`", (ROOT / "docs" / "scheduling.md").read_text(), re.MULTILINE):
        value = values.get(name, "3")
        changed = Settings.from_environment({f"OLLAMA_{name}": value})
        assert changed == Settings.from_environment({f"PUNA_{name}": value}) != Settings()


def test_an_embedding_model_prints_a_vector(server: RunningServer, tmp_path: Path) -> None:
    environment = {"PUNA_HOME": str(tmp_path), "PUNA_HOST": server.url}
    result = CliRunner().invoke(app, ["run", "all-minilm", "a b"], env=environment, input="")
    assert sum(number**2 for number in json.loads(result.output)) == pytest.approx(1, abs=1e-3)


def test_thinking_is_shown_unless_it_is_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    for hidden in (False, True):
        show_answer([Piece("", "I wonder."), Piece("Yes.")], DisplayOptions(hide_thinking=hidden))
        assert ("I wonder." in capsys.readouterr().out) is not hidden


def test_history_is_not_written_where_it_is_off(tmp_path: Path) -> None:
    for kept in (False, True):
        KeptHistory(tmp_path / "history", kept=kept).append_string("secret")
        assert ("secret" in (tmp_path / "history").read_text()) is kept


def test_switches_of_a_session_say_what_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    client = Client(Settings.from_environment({"PUNA_HOME": str(tmp_path)}), None)
    session = Session(Conversation(client, "tiny", DisplayOptions()), Editor(tmp_path, {}), insecure=False)
    for line, said in {
        "/set verbose": "Timing statistics are on.",
        "/set quiet": "Timing statistics are off.",
        "/set wordwrap": "Markdown and word wrap are on.",
        "/set nowordwrap": "Markdown and word wrap are off.",
        "/set history": "History is on.",
        "/set nohistory": "History is off.",
        "/set nothink": "Thinking is off.",
        "/set noformat": "Format is off.",
    }.items():
        carry_out(session, line)
        assert capsys.readouterr().out == f"{said}\n"
    assert session.conversation.display.rendered is False
