import sqlite3
import stat
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from puna.settings import Settings
from puna.state import schema
from puna.state.errors import StateError, Unsealed
from puna.state.owner import Owner
from puna.state.seal import Seal
from puna.state.state import State
from puna.state.stores import Stores
from puna.state.tables import metadata


def test_the_newest_revision_is_the_one_that_is_asked_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).with_name("migrations")))
    assert ScriptDirectory.from_config(config).get_current_head() == schema.HEAD


async def test_the_migrations_make_the_tables_that_the_code_knows(stores: Stores) -> None:
    def differences(connection: object) -> object:
        return compare_metadata(MigrationContext.configure(connection), metadata)  # type: ignore[arg-type]

    assert await stores.database.run(differences) == []


async def test_sqlite_syncs_its_log_at_each_commit(tmp_path: Path) -> None:
    state = State(Settings(home=tmp_path))
    stores = await state.open()

    def pragmas(connection: object) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]  # type: ignore[attr-defined]

    assert await stores.database.run(pragmas) == ["wal", 2, 1]
    await state.close()


async def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    state = State(Settings(home=tmp_path))
    await state.open()
    await state.close()
    with sqlite3.connect(tmp_path / "state.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StateError, match="newer version of Puna"):
        await State(Settings(home=tmp_path)).open()


async def test_a_database_that_can_not_be_reached_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="can't be used"):
        await State(Settings(home=tmp_path, database_url="postgresql://nobody@127.0.0.1:1/nothing")).open()


def test_what_is_sealed_is_opened_only_with_the_same_key(tmp_path: Path) -> None:
    sealed = Seal(tmp_path / "seal.key").close("thoughts")
    assert "thoughts" not in sealed
    assert Seal(tmp_path / "seal.key").open(sealed) == "thoughts"
    assert stat.S_IMODE((tmp_path / "seal.key").stat().st_mode) == 0o600
    for forged in (sealed[:-2], sealed.swapcase(), "", "ü"):
        with pytest.raises(Unsealed):
            Seal(tmp_path / "seal.key").open(forged)
    with pytest.raises(Unsealed):
        Seal(tmp_path / "other.key").open(sealed)


def test_a_process_knows_itself_and_assumes_others_to_be_alive(tmp_path: Path) -> None:
    owner = Owner(tmp_path / "one")
    home, process, _ = owner.name.split("/")
    assert owner.is_alive(owner.name)
    assert not owner.is_alive(f"{home}/{process}/0")
    assert owner.is_alive(Owner(tmp_path / "two").name)
    assert Owner(tmp_path / "one").name == owner.name
