"""The database of the state, and the threads that speak to it.

SQLAlchemy's synchronous engine runs in threads of its own. The asynchronous one would need a driver more for each
database and greenlet, and does the same: aiosqlite is a thread, too.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError, SQLAlchemyError

from puna.core.json import read, write
from puna.state.errors import StateError
from puna.state.private import narrow, private_file
from puna.state.schema import upgrade

_log = logging.getLogger(__name__)

T = TypeVar("T")

POSTGRESQL_THREADS = 8
PATIENCE = 5.0
"""For how many seconds a database that is away is tried again: one that is restarted is back by then."""
LONGEST_PAUSE = 1.0
BUSY_SECONDS = 30
"""How long SQLite waits for another process that writes."""


class Database:
    """One open database. Every piece of work is one transaction: carried out and on disk, or not at all."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # SQLite has one writer at a time anyway; one thread makes the order of the work the order of the calls.
        threads = 1 if engine.dialect.name == "sqlite" else POSTGRESQL_THREADS
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="puna-state")

    @classmethod
    def open(cls, url: str) -> "Database":
        """Connect, and bring the tables to this version.

        Raises:
            StateError: the database can't be reached or used.
        """
        try:
            engine = create_engine(
                driver(make_url(url)),
                json_serializer=lambda value: write(value).decode(),
                json_deserializer=read,
                pool_pre_ping=True,
            )
            if engine.dialect.name == "sqlite":
                prepare_sqlite(engine)
            with engine.begin() as connection:
                upgrade(connection)
        except (SQLAlchemyError, ArgumentError, NoSuchModuleError, ImportError, OSError) as error:
            _log.exception("the database of responses can't be used")
            message = f"the database of responses can't be used: {cause(error)}"
            raise StateError(message, full=is_full(error)) from error
        return cls(engine)

    @property
    def shared(self) -> bool:
        """Whether servers on several machines may use it."""
        return self._engine.dialect.name != "sqlite"

    async def run(self, work: Callable[[Connection], T], patience: float = PATIENCE) -> T:
        """Carry out `work` in a transaction. When this returns, what it wrote is on disk. A database that is away is
        tried again for `patience` seconds. Where it went while it confirmed, the work is done twice.

        Raises:
            StateError: the database failed.
        """
        loop = asyncio.get_running_loop()
        until, pause = loop.time() + patience, 0.05
        while True:
            try:
                return await loop.run_in_executor(self._threads, self.transact, work)
            except StateError as error:
                if not error.away or loop.time() >= until:
                    raise
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def transact(self, work: Callable[[Connection], T]) -> T:
        """`run`, in the calling thread."""
        try:
            with self._engine.begin() as connection:
                return work(connection)
        except SQLAlchemyError as error:
            if away := self.shared and is_away(error):
                _log.warning("the database of responses can't be reached: %s", str(error).partition("\n")[0])
            else:
                _log.exception("the database of responses failed")
            message = f"the database of responses failed: {cause(error)}"
            raise StateError(message, full=is_full(error), away=away) from error

    def close(self) -> None:
        """Finish the work in progress and disconnect."""
        self._threads.shutdown()
        self._engine.dispose()


def check_url(text: str) -> None:
    """Raises ValueError for a URL of no database that Puna can use, or one whose driver is not installed."""
    try:
        url = driver(make_url(text))
        if url.get_backend_name() not in ("postgresql", "sqlite"):
            raise ValueError(f"Puna can't use {url.get_backend_name()}: expected postgresql://... or sqlite:///...")
        url.get_dialect().import_dbapi()
    except (ArgumentError, NoSuchModuleError) as error:
        raise ValueError("expected a URL such as postgresql://user:password@host/database") from error
    except ImportError as error:
        raise ValueError("the driver is not installed: pip install 'puna[postgresql]'") from error


def cause(error: Exception) -> str:
    """What went wrong, without statements, paths, hosts and users, which are for the log. SQLite's own words have
    none of these."""
    inner = getattr(error, "orig", None)
    if isinstance(inner, sqlite3.Error):
        return str(inner)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(inner or error).__name__


def is_full(error: Exception) -> bool:
    """Whether the disk has no more room."""
    inner = getattr(error, "orig", None)
    return (
        getattr(inner, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL or getattr(inner, "sqlstate", "") == "53100"
    )


def is_away(error: SQLAlchemyError) -> bool:
    """Whether a database server ended the connection, or takes none now."""
    gone = isinstance(error, DBAPIError) and error.connection_invalidated
    return gone or (isinstance(error, OperationalError) and not is_full(error))


def sqlite_url(path: Path) -> str:
    """The URL of a database file."""
    return URL.create("sqlite", database=str(path)).render_as_string()


def driver(url: URL) -> URL:
    """`postgres://` and `postgresql://` as people write them, with the driver Puna's extra installs."""
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgres", "postgresql") else url


def prepare_sqlite(engine: Engine) -> None:
    """Make the database's files private, and set what SQLite leaves to each connection.

    WAL with `synchronous=FULL` syncs the log at each commit: a response that was reported completed is there after a
    power failure, not only after the end of the process.
    """

    if (name := engine.url.database) and name != ":memory:":
        private_file(Path(name))  # what SQLite keeps beside it gets the same rights
        for beside in (Path(f"{name}-wal"), Path(f"{name}-shm")):
            if beside.exists():
                narrow(beside, 0o600)

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions begin where SQLAlchemy says, below
        for pragma in (
            f"busy_timeout={BUSY_SECONDS * 1000}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def began(connection: Connection) -> None:
        # Immediate: a transaction that reads first and writes later can't fail for another process's write between.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
