"""The table of slash commands: help, completion and what runs come from the same rows."""

from pathlib import Path
from typing import Any

import pytest

from puna.cli.client.client import Client
from puna.cli.output.answers import DisplayOptions
from puna.cli.session.command import completions
from puna.cli.session.conversation import Conversation
from puna.cli.session.editor import Editor
from puna.cli.session.session import Session
from puna.cli.session.slash import ALL_NAMES, COMMANDS, carry_out
from puna.settings import Settings


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """A session that has not asked its server for anything."""
    client = Client(Settings.from_environment({"PUNA_HOME": str(tmp_path)}), None)
    return Session(Conversation(client, "tiny", DisplayOptions()), Editor(tmp_path, {}), insecure=False)


def test_every_command_is_completed_and_every_shown_one_explained(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    words = completions(COMMANDS)
    assert words.keys() == ALL_NAMES.keys()
    assert {"parameter", "noformat", "quiet"} < words["/set"].keys()
    assert {"info", "template"} < words["/show"].keys()
    carry_out(session, "/help")
    shown = capsys.readouterr().out
    for name, command in COMMANDS.items():
        assert command.help in shown
        assert not command.help or name in shown
    assert "  /?, /help " in shown
    assert "  /load MODEL" in shown


@pytest.mark.parametrize("name", ["set", "show"])
def test_a_group_without_a_name_it_knows_shows_its_rows(
    session: Session, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    rows = COMMANDS[f"/{name}"].subcommands
    for line in (f"/{name}", f"/{name} nothing", f"/? {name}"):
        carry_out(session, line)
        shown = capsys.readouterr().out
        assert [row.split()[1] for row in shown.splitlines() if row] == [*rows]


@pytest.mark.parametrize(
    ("line", "attribute", "value"),
    [
        ("/set system Be brief.", "system", "Be brief."),
        ("/set format json", "format", "json"),
        ('/set format {"type": "object"}', "format", {"type": "object"}),
        ("/set nothink", "think", False),
    ],
)
def test_what_is_set_is_part_of_the_conversation(session: Session, line: str, attribute: str, value: Any) -> None:
    carry_out(session, line)
    assert getattr(session.conversation, attribute) == value
    carry_out(session, "/set noformat")
    assert session.conversation.format == ""


def test_both_names_of_leaving_end_the_session(session: Session) -> None:
    assert not session.over
    carry_out(session, "/exit")
    assert session.over
