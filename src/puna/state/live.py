"""Responses that one server makes while clients of others hear them, or end them."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from puna.state.database import Database
from puna.state.stored import CANCELLING, UNFINISHED
from puna.state.tables import response_parts, responses


@dataclass(frozen=True, slots=True)
class Part:
    """Events of a response, each ending in an empty line. `last` is the number of the last of them."""

    last: int
    events: bytes


class LiveStore:
    """What servers on one database tell each other of responses that are being made."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, parts: Mapping[str, Part]) -> dict[str, str | None]:
        """Keep what has come of responses that are being made here.

        Returns those that are not to go on, with their status: `CANCELLING`, the one in which they have ended, or
        None where they were deleted.
        """
        columns = responses.c
        query = select(columns.id, columns.status).where(columns.id.in_(parts)).with_for_update()
        begun = (
            update(responses).where(columns.id.in_(parts), columns.status == "queued").values(status="in_progress")
        )

        def work(connection: Connection) -> dict[str, str | None]:
            found = {row.id: row.status for row in connection.execute(query)}
            rows = [
                {"response_id": key, "last": part.last, "events": zlib.compress(part.events, 1)}
                for key, part in parts.items()
                if part.events and found.get(key) in UNFINISHED
            ]
            if rows:
                connection.execute(insert(response_parts), rows)
                connection.execute(begun)
            return {key: found.get(key) for key in parts if found.get(key) not in ("queued", "in_progress")}

        return await self._database.run(work, patience=0)

    async def events(self, key: str, after: int) -> list[Part]:
        """What has come of a response behind the event of that number, the oldest first."""
        columns = response_parts.c
        query = select(columns.last, columns.events).where(columns.response_id == key, columns.last > after)

        def work(connection: Connection) -> list[Part]:
            rows = connection.execute(query.order_by(columns.last))
            return [Part(row.last, zlib.decompress(row.events)) for row in rows]

        return await self._database.run(work)

    async def cancel(self, key: str) -> None:
        """Have the server that makes a response end it."""
        columns = responses.c
        statement = update(responses).where(columns.id == key, columns.status.in_(UNFINISHED))
        await self._database.run(lambda connection: connection.execute(statement.values(status=CANCELLING)))
