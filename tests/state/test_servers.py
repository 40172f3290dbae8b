"""Servers on several machines that share one database: what one of them leaves, another cleans up."""

import asyncio
from pathlib import Path
from typing import Any

import psycopg
import pytest

from puna.settings import Settings
from puna.state.state import State
from puna.state.stored import StoredResponse


def queued(key: str) -> dict[str, Any]:
    """A response that nothing was done for yet."""
    return {
        "id": key,
        "created_at": 1,
        "status": "queued",
        "previous_response_id": None,
        "background": True,
        "output": [],
    }


@pytest.mark.usefixtures("quick")
async def test_what_a_machine_leaves_that_is_gone_is_failed_by_another(tmp_path: Path, database_url: str) -> None:
    one, two = (State(Settings(home=tmp_path / name, database_url=database_url)) for name in ("one", "two"))
    first, second = await one.open(), await two.open()
    await first.save(StoredResponse(body=queued("resp_1"), owner=first.owner.name))
    assert first.owner.name in await second.servers.there()
    await second.fail_abandoned(await second.servers.there())
    kept = await second.responses.get("resp_1")
    assert kept
    assert kept.unfinished
    assert first._watching
    first._watching.cancel()  # as if its machine had lost its power
    while (found := await second.responses.get("resp_1")) and found.unfinished:
        pass
    assert found
    assert found.body["status"] == "failed"
    assert "stopped before" in found.body["error"]["message"]
    assert first.owner.name not in await second.servers.there()
    for state in (one, two):
        await state.close()


async def test_one_server_does_what_has_to_be_done_once(tmp_path: Path, database_url: str) -> None:
    states = [State(Settings(home=tmp_path / str(number), database_url=database_url)) for number in range(4)]
    opened = await asyncio.gather(*(state.open() for state in states))
    for chore in ("a", "b"):
        won = await asyncio.gather(*(each.servers.claim(chore, 60) for each in opened))
        assert sum(won) == 1
        assert not await opened[0].servers.claim(chore, 60)
        assert await opened[1].servers.claim(chore, 0)
    for state in states:
        await state.close()


async def test_a_database_that_comes_back_is_used_again(tmp_path: Path, database_url: str) -> None:
    state = State(Settings(home=tmp_path, database_url=database_url))
    opened = await state.open()
    await opened.save(StoredResponse(body=queued("resp_1"), owner=opened.owner.name))
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert await opened.responses.get("resp_1")
    await opened.servers.beat()
    assert opened.owner.name in await opened.servers.there()
    await state.close()
