import secrets
import time
from typing import Any

from sqlalchemy import event

from puna.state.stored import StoredResponse
from puna.state.stores import Stores

TURNS = 300


def key(prefix: str = "resp") -> str:
    return f"{prefix}_{secrets.token_hex(8)}"


def response(previous: str | None = None, *, created: int | None = None, status: str = "completed") -> StoredResponse:
    body = {
        "id": key(),
        "created_at": created or int(time.time()),
        "status": status,
        "previous_response_id": previous,
        "output": [{"id": key("msg"), "type": "message", "text": "a\u0000ü"}],
    }
    return StoredResponse(body=body, input=[{"id": key("msg"), "type": "message"}], owner="x/1/1", events=b"data")


async def chain(stores: Stores, turns: int, **options: Any) -> list[StoredResponse]:
    made: list[StoredResponse] = []
    for _ in range(turns):
        made.append(response(made[-1].id if made else None, **options))
        await stores.responses.save(made[-1])
    return made


async def test_a_response_comes_back_as_it_was(stores: Stores) -> None:
    saved = response()
    await stores.responses.save(saved)
    found = await stores.responses.get(saved.id)
    assert found is not None
    assert found.body == saved.body
    assert await stores.responses.input_items(saved.id) == list(saved.input)
    assert await stores.responses.events(saved.id) == b"data"


async def test_a_deleted_response_leaves_nothing(stores: Stores) -> None:
    saved = response()
    await stores.responses.save(saved)
    assert await stores.responses.delete(saved.id)
    assert not await stores.responses.delete(saved.id)
    assert await stores.responses.get(saved.id) is None
    assert await stores.responses.input_items(saved.id) == []
    assert await stores.responses.events(saved.id) is None


async def test_saving_again_replaces_the_output(stores: Stores) -> None:
    queued = response(status="queued")
    queued.body["output"] = []
    await stores.responses.save(StoredResponse(body=queued.body, input=queued.input, owner="x/1/1"))
    done = {**queued.body, "status": "completed", "output": [{"id": "msg_1", "type": "message"}]}
    await stores.responses.save(StoredResponse(body=done, input=queued.input, owner="x/1/1"))
    found = await stores.responses.get(queued.id)
    assert found is not None
    assert found.body == done
    assert await stores.responses.input_items(queued.id) == list(queued.input)


async def test_hundreds_of_turns_are_read_in_one_query(stores: Stores) -> None:
    def work(connection: Any) -> None:
        from puna.state.responses import write

        previous = None
        for number in range(TURNS):
            body = {**response(previous).body, "id": f"{root}_{number}", "output": [{"id": f"out_{number}"}]}
            write(connection, StoredResponse(body=body, input=[{"id": f"in_{number}"}]))
            previous = f"{root}_{number}"

    root = key()
    await stores.database.run(work)
    statements: list[str] = []
    engine = stores.database._engine
    event.listen(engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    found = await stores.responses.chain(f"{root}_{TURNS - 1}")
    assert found is not None
    assert [item["id"] for item in found.items] == [f"{side}_{n}" for n in range(TURNS) for side in ("in", "out")]
    assert found.missing is None
    assert len([statement for statement in statements if "SELECT" in statement]) == 1


async def test_a_chain_says_where_it_is_broken(stores: Stores) -> None:
    first, second, third = await chain(stores, 3)
    await stores.responses.delete(first.id)
    found = await stores.responses.chain(third.id)
    assert found is not None
    assert found.missing == first.id
    assert await stores.responses.chain(first.id) is None
    assert second.id


async def test_what_is_old_goes_but_no_chain_loses_its_beginning(stores: Stores) -> None:
    old = await chain(stores, 2, created=1000)
    continued = await chain(stores, 2, created=1001)
    new = response(continued[-1].id)
    await stores.responses.save(new)
    await stores.responses.expire(time.time() - 3600, None)
    assert await stores.responses.get(old[0].id) is None
    found = await stores.responses.chain(new.id)
    assert found is not None
    assert found.missing is None
    assert len(found.items) == 6


async def test_what_is_too_much_goes_oldest_chain_first(stores: Stores) -> None:
    far = int(time.time()) + 10**6  # newer than whatever else is in the database
    oldest = await chain(stores, 2, created=far)
    middle = await chain(stores, 2, created=far + 1)
    newest = await chain(stores, 3, created=far + 2)
    await stores.responses.expire(None, 5)
    gone = [await stores.responses.get(made[0].id) is None for made in (oldest, middle, newest)]
    assert gone == [True, False, False]
    await stores.responses.expire(None, 1)
    assert await stores.responses.get(newest[0].id) is not None


async def test_items_are_found_by_their_ids(stores: Stores) -> None:
    saved = response()
    await stores.responses.save(saved)
    wanted = [saved.input[0]["id"], saved.body["output"][0]["id"]]
    assert set(await stores.responses.find_items([*wanted, "msg_nowhere"])) == set(wanted)


async def test_only_what_a_dead_process_left_is_abandoned(stores: Stores) -> None:
    left, working = response(status="in_progress"), response(status="queued")
    await stores.responses.save(StoredResponse(body=left.body, owner="here/1/dead"))
    await stores.responses.save(StoredResponse(body=working.body, owner="here/2/alive"))
    found = await stores.responses.abandoned(lambda owner: not owner.endswith("dead"))
    assert [response.id for response in found] == [left.id]
    await stores.responses.delete(left.id)
    await stores.responses.delete(working.id)
