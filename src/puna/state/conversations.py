"""Stored conversations: items in order, which responses read and add to."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, tuple_, update

from puna.state.database import Database
from puna.state.stored import Item
from puna.state.tables import conversation_items, conversations


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A conversation without its items."""

    id: str
    created_at: int
    metadata: Mapping[str, str]


class ConversationStore:
    """The conversations in a database. Times are Unix times in seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, key: str, metadata: Mapping[str, str], items: Sequence[Item]) -> Conversation:
        """Keep a new conversation."""
        created = int(time.time())
        values = {"id": key, "created_at": created, "used_at": created, "metadata": dict(metadata)}

        def work(connection: Connection) -> None:
            connection.execute(insert(conversations).values(values))
            append(connection, key, items)

        await self._database.run(work)
        return Conversation(id=key, created_at=created, metadata=metadata)

    async def get(self, key: str) -> Conversation | None:
        return await self._database.run(lambda connection: read(connection, key))

    async def page(
        self, ending: str, limit: int, *, after: str | None = None, descending: bool = True
    ) -> list[Conversation] | None:
        """Those whose ids end so, the last used ones first or last, behind the one that is named. None: it is not
        there."""
        columns = conversations.c
        place = (columns.used_at, columns.id)
        query = select(conversations).where(columns.id.endswith(ending, autoescape=True)).limit(limit)
        query = query.order_by(*(column.desc() if descending else column for column in place))

        def work(connection: Connection) -> list[Conversation] | None:
            wanted = query
            if after is not None:
                found = connection.execute(select(*place).where(columns.id == after)).one_or_none()
                if found is None:
                    return None
                here, there = tuple_(*place), tuple_(*found)
                wanted = query.where(here < there if descending else here > there)
            return [made_of(row) for row in connection.execute(wanted)]

        return await self._database.run(work)

    async def update(self, key: str, metadata: Mapping[str, str]) -> Conversation | None:
        """Replace the metadata."""

        def work(connection: Connection) -> Conversation | None:
            change = update(conversations).where(conversations.c.id == key)
            connection.execute(change.values(metadata=dict(metadata)))
            return read(connection, key)

        return await self._database.run(work)

    async def delete(self, key: str) -> bool:
        """Forget a conversation and its items. False: there was none."""
        statement = delete(conversations).where(conversations.c.id == key)
        return await self._database.run(lambda connection: connection.execute(statement).rowcount > 0)

    async def append(self, key: str, items: Sequence[Item]) -> bool:
        """Add items at the end. One that is there already stays where it is. False: there is no such conversation."""
        return await self._database.run(lambda connection: append(connection, key, items))

    async def items(self, key: str) -> list[Item] | None:
        """All items, oldest first. None: there is no such conversation."""

        def work(connection: Connection) -> list[Item] | None:
            return None if read(connection, key) is None else read_items(connection, key)

        return await self._database.run(work)

    async def delete_item(self, key: str, item_id: str) -> bool:
        """Forget one item. False: it is not there."""
        columns = conversation_items.c
        statement = delete(conversation_items).where(columns.conversation_id == key, columns.item_id == item_id)
        return await self._database.run(lambda connection: connection.execute(statement).rowcount > 0)

    async def expire(self, before: float) -> None:
        """Forget the conversations that nothing was added to since that time."""
        statement = delete(conversations).where(conversations.c.used_at < before)
        await self._database.run(lambda connection: connection.execute(statement))


def read(connection: Connection, key: str) -> Conversation | None:
    row = connection.execute(select(conversations).where(conversations.c.id == key)).one_or_none()
    return None if row is None else made_of(row)


def made_of(row: Any) -> Conversation:
    """The conversation that is a row of the table."""
    return Conversation(id=row.id, created_at=row.created_at, metadata=row.metadata)


def read_items(connection: Connection, key: str) -> list[Item]:
    columns = conversation_items.c
    query = select(columns.body).where(columns.conversation_id == key).order_by(columns.position)
    return list(connection.execute(query).scalars())


def append(connection: Connection, key: str, items: Sequence[Item]) -> bool:
    """Add the items that are not there yet. Marking the conversation as used also locks it against a second writer,
    who would count the same positions."""
    used = update(conversations).where(conversations.c.id == key).values(used_at=int(time.time()))
    if not connection.execute(used).rowcount:
        return False
    columns = conversation_items.c
    there = select(columns.item_id).where(columns.conversation_id == key)
    known = set(connection.execute(there.where(columns.item_id.in_([item["id"] for item in items]))).scalars())
    query = select(func.coalesce(func.max(columns.position), -1)).where(columns.conversation_id == key)
    first = connection.execute(query).scalar_one() + 1
    fresh = list({item["id"]: item for item in items if item["id"] not in known}.values())
    rows = [
        {"conversation_id": key, "position": position, "item_id": item["id"], "body": item}
        for position, item in enumerate(fresh, first)
    ]
    if rows:
        connection.execute(insert(conversation_items), rows)
    return True
