"""Stored responses, and the chains they form through `previous_response_id`."""

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, literal, select, update

from puna.state import conversations
from puna.state.database import PATIENCE, Database
from puna.state.stored import CANCELLING, UNFINISHED, Item, StoredResponse
from puna.state.tables import conversation_items, response_items, response_parts, response_streams, responses


@dataclass(slots=True)
class Chain:
    """A response and all it goes back to: their items, oldest first. `missing` is the response at which the chain
    breaks off because it was deleted."""

    status: str
    items: list[Item] = field(default_factory=list)
    missing: str | None = None


class ResponseStore:
    """The responses in a database. Times are Unix times in seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(
        self, response: StoredResponse, conversation: str | None = None, patience: float = PATIENCE
    ) -> None:
        """Keep a response, in place of an earlier state of it; add its items to that conversation. One that has come
        to its end stays as it is, and one that was deleted on its way is not kept."""

        def work(connection: Connection) -> None:
            if write(connection, response) and conversation is not None:
                conversations.append(connection, conversation, [*response.input, *response.body["output"]])

        await self._database.run(work, patience)

    async def get(self, key: str) -> StoredResponse | None:
        """A response with its output, without its input and stream."""
        return await self._database.run(lambda connection: read(connection, key))

    async def input_items(self, key: str) -> list[Item]:
        """What the response was made from, oldest first, without what it took over from earlier ones."""
        return await self._database.run(lambda connection: read_items(connection, key, is_output=False))

    async def events(self, key: str) -> bytes | None:
        """The stream of a response, None where it has none."""
        query = select(response_streams.c.events).where(response_streams.c.response_id == key)
        events = await self._database.run(lambda connection: connection.execute(query).scalar())
        return None if events is None else zlib.decompress(events)

    async def delete(self, key: str) -> bool:
        """Forget a response and whatever belongs to it. False: there was none."""
        statement = delete(responses).where(responses.c.id == key)
        return await self._database.run(lambda connection: connection.execute(statement).rowcount > 0)

    async def chain(self, key: str) -> Chain | None:
        """Everything that was said up to and with that response, read in one query."""
        return await self._database.run(lambda connection: read_chain(connection, key))

    async def find_items(self, ids: Iterable[str], tag: str = "") -> dict[str, Item]:
        """The items of those ids, in whatever response or conversation they are whose id ends with the tag."""
        wanted = list(ids)
        kept = [
            select(items.item_id, items.body).where(items.item_id.in_(wanted), place.endswith(tag))
            for items, place in (
                (conversation_items.c, conversation_items.c.conversation_id),
                (response_items.c, response_items.c.response_id),
            )
        ]

        def work(connection: Connection) -> dict[str, Item]:
            return {row.item_id: row.body for query in kept for row in connection.execute(query)}

        return await self._database.run(work)

    async def abandoned(self, is_alive: Callable[[str], bool]) -> list[StoredResponse]:
        """The unfinished responses whose owner is not alive any more."""

        def work(connection: Connection) -> list[StoredResponse]:
            query = select(responses.c.id, responses.c.owner).where(responses.c.status.in_(UNFINISHED))
            found = (read(connection, key) for key, owner in connection.execute(query).all() if not is_alive(owner))
            return [response for response in found if response]

        return await self._database.run(work)

    async def expire(self, before: float | None, most: int | None) -> None:
        """Forget chains whose newest response was made before that time; then, least recently continued first, as
        many chains as it takes to have at most `most` responses. A chain goes whole, so that none loses its beginning
        while it goes on, and the newest always stays."""
        newest = func.max(responses.c.created_at)
        total = func.sum(func.count()).over(order_by=(newest.desc(), responses.c.chain_id))
        chains = (
            select(
                responses.c.chain_id,
                newest.label("newest"),
                total.label("total"),
                func.row_number().over(order_by=(newest.desc(), responses.c.chain_id)).label("rank"),
            )
            .group_by(responses.c.chain_id)
            .subquery()
        )
        conditions = []
        if before is not None:
            conditions.append(chains.c.newest < before)
        if most is not None:
            conditions.append((chains.c.total > most) & (chains.c.rank > 1))

        def work(connection: Connection) -> None:
            for condition in conditions:
                doomed = select(chains.c.chain_id).where(condition)
                connection.execute(
                    delete(responses).where(responses.c.chain_id.in_(doomed), responses.c.status.not_in(UNFINISHED))
                )

        await self._database.run(work)


def write(connection: Connection, response: StoredResponse) -> bool:
    """Insert a response, or replace what may have changed since it was first written: all but its input. False: it
    has ended already, or was deleted."""
    body = {name: value for name, value in response.body.items() if name != "output"}
    values = {"status": body["status"], "body": body, "owner": response.owner}
    query = select(responses.c.status).where(responses.c.id == response.id).with_for_update()
    before = connection.execute(query).scalar()
    if before is None and response.background and not response.unfinished:
        return False
    if before is not None and before not in UNFINISHED:
        return False
    if before is not None:
        connection.execute(update(responses).where(responses.c.id == response.id).values(values))
        is_output = response_items.c.is_output
        connection.execute(delete(response_items).where(response_items.c.response_id == response.id, is_output))
    else:
        values |= {"id": response.id, "created_at": int(body["created_at"])}
        values |= {"previous_id": body["previous_response_id"], "chain_id": chain_id(connection, body)}
        connection.execute(insert(responses).values(values))
        add_items(connection, response.id, response.input, is_output=False)
    add_items(connection, response.id, response.body["output"], is_output=True)
    if response.events is not None:
        events = zlib.compress(response.events, 1)
        connection.execute(insert(response_streams).values(response_id=response.id, events=events))
        connection.execute(delete(response_parts).where(response_parts.c.response_id == response.id))
    return True


def add_items(connection: Connection, key: str, items: Sequence[Item], *, is_output: bool) -> None:
    """Add items after those the response has."""
    columns = response_items.c
    query = select(func.coalesce(func.max(columns.position), -1)).where(columns.response_id == key)
    first = connection.execute(query).scalar_one() + 1
    rows = [
        {"response_id": key, "position": position, "item_id": item["id"], "is_output": is_output, "body": item}
        for position, item in enumerate(items, first)
    ]
    if rows:
        connection.execute(insert(response_items), rows)


def chain_id(connection: Connection, body: Mapping[str, Any]) -> str:
    """The chain of the response before, else a new one named after this response."""
    query = select(responses.c.chain_id).where(responses.c.id == body["previous_response_id"])
    return connection.execute(query).scalar() or str(body["id"])


def read(connection: Connection, key: str) -> StoredResponse | None:
    """A response with its output."""
    row = connection.execute(select(responses).where(responses.c.id == key)).mappings().one_or_none()
    if row is None:
        return None
    return StoredResponse(body=with_output(row, read_items(connection, key, is_output=True)), owner=row["owner"])


def with_output(row: RowMapping, output: list[Item]) -> dict[str, Any]:
    """The response object, whole."""
    status = "in_progress" if row["status"] == CANCELLING else row["status"]
    return {**row["body"], "status": status, "output": output}


def read_items(connection: Connection, key: str, *, is_output: bool) -> list[Item]:
    """The input or the output of one response."""
    columns = response_items.c
    query = select(columns.body).where(columns.response_id == key, columns.is_output == is_output)
    return list(connection.execute(query.order_by(columns.position)).scalars())


def read_chain(connection: Connection, key: str) -> Chain | None:
    """Walk from a response back to the first, inside the database."""
    columns = (responses.c.id, responses.c.previous_id, responses.c.status)
    chain = select(*columns, literal(0).label("depth")).where(responses.c.id == key).cte("chain", recursive=True)
    chain = chain.union_all(
        select(*columns, chain.c.depth + 1).join_from(responses, chain, responses.c.id == chain.c.previous_id)
    )
    query = (
        select(chain.c.id, chain.c.previous_id, chain.c.status, response_items.c.body)
        .join_from(chain, response_items, response_items.c.response_id == chain.c.id, isouter=True)
        .order_by(chain.c.depth.desc(), response_items.c.position)
    )
    rows = connection.execute(query).all()
    if not rows:
        return None
    return Chain(
        status=rows[-1].status,
        items=[row.body for row in rows if row.body is not None],
        missing=rows[0].previous_id,
    )
