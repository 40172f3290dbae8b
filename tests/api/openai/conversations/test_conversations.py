from typing import Any

import openai
import pytest
from openai.types.conversations import Conversation, ConversationDeletedResource, ConversationItemList

from tests.api.openai.responses.wire import check
from tests.scripted import StartScripted
from tests.server import RunningServer

HELLO: Any = {"role": "user", "content": "Hello"}
CALL: Any = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}
RESULT: Any = {"type": "function_call_output", "call_id": "call_1", "output": "1"}


def test_a_conversation_lives_from_creation_to_deletion(client: openai.OpenAI) -> None:
    conversation = client.conversations.create(metadata={"topic": "a"}, items=[HELLO])
    assert client.conversations.retrieve(conversation.id) == conversation
    updated = client.conversations.update(conversation.id, metadata={"topic": "b"})
    assert updated.metadata == {"topic": "b"}
    assert client.conversations.delete(conversation.id).deleted
    with pytest.raises(openai.NotFoundError, match=conversation.id):
        client.conversations.retrieve(conversation.id)


def test_items_are_added_listed_and_deleted(client: openai.OpenAI) -> None:
    conversation = client.conversations.create()
    added = client.conversations.items.create(conversation.id, items=[HELLO, CALL, RESULT])
    assert [item.type for item in added.data] == ["message", "function_call", "function_call_output"]
    listed = list(client.conversations.items.list(conversation.id, order="asc", limit=1))
    assert listed == added.data
    call = added.data[1]
    assert call.id
    assert client.conversations.items.retrieve(call.id, conversation_id=conversation.id) == call
    assert client.conversations.items.delete(call.id, conversation_id=conversation.id).id == conversation.id
    with pytest.raises(openai.NotFoundError, match=call.id):
        client.conversations.items.retrieve(call.id, conversation_id=conversation.id)


def test_a_response_reads_the_conversation_and_adds_to_it(client: openai.OpenAI) -> None:
    conversation = client.conversations.create(items=[{"role": "user", "content": "The secret is 42. " * 20}])
    response = client.responses.create(
        model="tiny",
        input="What is it?",
        conversation=conversation.id,
        max_output_tokens=4,
        reasoning={"effort": "none"},
    )
    assert response.conversation is not None
    assert response.conversation.id == conversation.id
    assert response.usage is not None
    assert response.usage.input_tokens > 60
    items = client.conversations.items.list(conversation.id, order="asc").data
    assert [item.role for item in items] == ["user", "user", "assistant"]  # type: ignore[union-attr]
    assert items[-1].id == response.output[0].id


def test_a_conversation_outlives_its_responses_and_they_it(client: openai.OpenAI) -> None:
    conversation = client.conversations.create()
    response = client.responses.create(model="tiny", input="Hi", conversation=conversation.id, max_output_tokens=2)
    client.responses.delete(response.id)
    assert len(client.conversations.items.list(conversation.id).data) == 2
    other = client.responses.create(model="tiny", input="Hi", conversation=conversation.id, max_output_tokens=2)
    client.conversations.delete(conversation.id)
    assert client.responses.retrieve(other.id) == other


def test_what_goes_over_the_wire_is_of_openais_types(server: RunningServer) -> None:
    with server.http() as http:
        body = {"items": [HELLO, CALL, RESULT], "metadata": {"a": "b"}}
        conversation = http.post("/v1/conversations", json=body).json()
        check(Conversation, conversation, "ConversationResource")
        path = f"/v1/conversations/{conversation['id']}"
        check(ConversationItemList, http.get(f"{path}/items").json(), "ConversationItemList")
        check(ConversationDeletedResource, http.delete(path).json(), "DeletedConversationResource")


def test_conversations_are_listed_with_the_last_used_first(start_scripted: StartScripted) -> None:
    http = start_scripted().http()
    made = [http.post("/v1/conversations", json={"metadata": {"title": f"{n}"}}).json() for n in range(5)]
    page = http.get("/v1/conversations", params={"limit": 2}).json()
    listed = list(page["data"])
    while page["has_more"]:
        page = http.get("/v1/conversations", params={"limit": 2, "after": page["last_id"]}).json()
        listed += page["data"]
    assert sorted(listed, key=lambda one: one["id"]) == sorted(made, key=lambda one: one["id"])
    assert http.get("/v1/conversations", params={"order": "asc"}).json()["data"] == listed[::-1]
    unknown = http.get("/v1/conversations", params={"after": "conv_1"})
    assert (unknown.status_code, unknown.json()["error"]["param"]) == (400, "after")


def test_a_key_lists_its_own_conversations(start_scripted: StartScripted) -> None:
    server = start_scripted(PUNA_API_KEYS="one, two")
    one, two = (server.http(authorization=f"Bearer {key}") for key in ("one", "two"))
    mine = one.post("/v1/conversations", json={}).json()
    assert one.get("/v1/conversations").json()["data"] == [mine]
    assert two.get("/v1/conversations").json()["data"] == []
    assert two.get("/v1/conversations", params={"after": mine["id"]}).status_code == 400
