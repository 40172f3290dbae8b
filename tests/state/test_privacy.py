"""What others on the machine may read of a home, and what clients learn of it: nothing."""

import os
import sqlite3
from pathlib import Path

import pytest

from puna.settings import Settings
from puna.state.errors import StateError
from puna.state.stores import Stores
from tests.server import StartServer

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a user's folder is private on Windows")


def open_to_others(home: Path) -> list[str]:
    return sorted(
        str(path.relative_to(home))
        for path in [home, *home.rglob("*")]
        if path.stat().st_mode & 0o077 and path.name != "server.log"  # the tests' own
    )


def test_nobody_else_may_read_what_was_said(start_server: StartServer) -> None:
    server = start_server()
    client = server.client()
    client.responses.create(model="tiny", input="Hello", include=["reasoning.encrypted_content"])
    client.conversations.create(items=[{"role": "user", "content": "Hello"}])
    names = {path.name for path in server.home.iterdir()}
    assert {"state.db", "state.db-wal", "server-id"} <= names
    assert open_to_others(server.home) == []


def test_what_was_open_to_others_is_closed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    with sqlite3.connect(home / "state.db") as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE x (y)")
        connection.commit()
        for path in (home, *home.iterdir()):
            path.chmod(0o755)
        Stores.connect(Settings(home=home)).database.close()
    assert open_to_others(home) == []


def test_a_database_that_is_none_is_named_without_its_place(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"no database, but long enough for SQLite to look at what it is" * 20)
    with pytest.raises(StateError, match="file is not a database") as error:
        Stores.connect(Settings(home=tmp_path))
    assert str(tmp_path) not in error.value.message
