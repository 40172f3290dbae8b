import asyncio
import secrets
import time

from puna.state.stores import Stores


def key() -> str:
    return f"conv_{secrets.token_hex(8)}"


async def test_a_conversation_comes_back_as_it_was(stores: Stores) -> None:
    made = await stores.conversations.create(key(), {"a": "b"}, [{"id": "msg_1", "x": 1}])
    assert await stores.conversations.get(made.id) == made
    assert await stores.conversations.items(made.id) == [{"id": "msg_1", "x": 1}]


async def test_items_are_added_at_the_end_and_once(stores: Stores) -> None:
    made = await stores.conversations.create(key(), {}, [{"id": "msg_1"}])
    assert await stores.conversations.append(made.id, [{"id": "msg_2"}, {"id": "msg_1"}, {"id": "msg_3"}])
    items = await stores.conversations.items(made.id)
    assert items is not None
    assert [item["id"] for item in items] == ["msg_1", "msg_2", "msg_3"]
    assert not await stores.conversations.append("conv_nowhere", [{"id": "msg_1"}])


async def test_many_may_add_at_once(stores: Stores) -> None:
    made = await stores.conversations.create(key(), {}, [])
    await asyncio.gather(*(stores.conversations.append(made.id, [{"id": f"msg_{n}"}]) for n in range(20)))
    items = await stores.conversations.items(made.id)
    assert items is not None
    assert {item["id"] for item in items} == {f"msg_{n}" for n in range(20)}


async def test_a_deleted_conversation_leaves_nothing(stores: Stores) -> None:
    made = await stores.conversations.create(key(), {}, [{"id": "msg_1"}])
    assert await stores.conversations.delete_item(made.id, "msg_1")
    assert not await stores.conversations.delete_item(made.id, "msg_1")
    assert await stores.conversations.delete(made.id)
    assert await stores.conversations.items(made.id) is None
    assert await stores.conversations.update(made.id, {}) is None


async def test_an_old_conversation_is_deleted(stores: Stores) -> None:
    made = await stores.conversations.create(key(), {}, [{"id": "msg_1"}])
    await stores.conversations.expire(time.time() - 60)
    assert await stores.conversations.get(made.id) == made
    await stores.conversations.expire(time.time() + 60)
    assert await stores.conversations.get(made.id) is None
