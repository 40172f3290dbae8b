"""The servers that share one database: which of them are there, and who does what one of them has to do.

Each says now and then that it is there. Times are the database's, so the servers' clocks need not agree.
"""

from contextlib import suppress

from sqlalchemy import Connection, delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from puna.state.database import Database
from puna.state.tables import servers

BEAT_SECONDS = 5.0
"""How often a server says that it is there."""
LOST_SECONDS = 20.0
"""One that was not heard of for so long is gone."""
FORGOTTEN_SECONDS = 24 * 3600.0


class Servers:
    """The servers of a database that several may share."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name

    async def beat(self) -> None:
        """Say that this server is there."""

        def work(connection: Connection) -> None:
            now = clock(connection)
            mark(connection, self._name, now)
            connection.execute(delete(servers).where(servers.c.seen_at < now - FORGOTTEN_SECONDS))

        await self._database.run(work, patience=0)

    async def there(self) -> set[str]:
        """The servers that were heard of lately."""

        def work(connection: Connection) -> set[str]:
            query = select(servers.c.name).where(servers.c.seen_at >= clock(connection) - LOST_SECONDS)
            return set(connection.execute(query).scalars())

        return await self._database.run(work)

    async def leave(self) -> None:
        """Say that this server is there no longer."""
        statement = delete(servers).where(servers.c.name == self._name)
        await self._database.run(lambda connection: connection.execute(statement), patience=0)

    async def claim(self, chore: str, period: float) -> bool:
        """Whether this server is to do what one of them does once in so many seconds."""

        def work(connection: Connection) -> bool:
            now = clock(connection)
            columns = servers.c
            due = update(servers).where(columns.name == chore, columns.seen_at <= now - period)
            if connection.execute(due.values(seen_at=now)).rowcount:
                return True
            if connection.execute(select(columns.name).where(columns.name == chore)).first():
                return False
            try:
                with connection.begin_nested():
                    connection.execute(insert(servers).values(name=chore, seen_at=now))
            except IntegrityError:  # another one was quicker
                return False
            return True

        return await self._database.run(work)


def mark(connection: Connection, name: str, now: float) -> None:
    """Note when that server was there."""
    if connection.execute(update(servers).where(servers.c.name == name).values(seen_at=now)).rowcount:
        return
    with suppress(IntegrityError), connection.begin_nested():  # another connection of this server was quicker
        connection.execute(insert(servers).values(name=name, seen_at=now))


def clock(connection: Connection) -> float:
    """The database's time in seconds."""
    if connection.dialect.name == "postgresql":
        return float(connection.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())
    return float(connection.execute(text("SELECT (julianday('now') - 2440587.5) * 86400.0")).scalar_one())
