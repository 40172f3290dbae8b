"""The version of the tables, brought up to date by Alembic when the state is opened."""

from pathlib import Path

from sqlalchemy import Connection, inspect, select, text

from puna.state.errors import StateError

HEAD = "0003"
"""The newest revision in `migrations/versions`. A database that has it is opened without importing Alembic."""
LOCK = 0x70756E61
"""The PostgreSQL advisory lock under which one server migrates while others wait: "puna" in ASCII."""


def upgrade(connection: Connection) -> None:
    """Create the tables, or bring them to this version.

    Raises:
        StateError: a newer Puna made them.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    if version(connection) == HEAD:
        return
    # Imported late: only a first start and an upgrade need it.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StateError(
            f"the state at {connection.engine.url} was written by a newer version of Puna "
            f"(schema {version(connection)}); this one knows schema {HEAD}. "
            "Upgrade Puna, or point PUNA_DATABASE_URL at another database."
        ) from error


def version(connection: Connection) -> str | None:
    """The revision the database has, None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(select(text("version_num")).select_from(text("alembic_version"))).scalar()
