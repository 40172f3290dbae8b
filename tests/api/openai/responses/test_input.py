"""What of an input reaches the model, and what does not fit."""

import base64
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests.api.openai.responses.wire import check_response
from tests.scripted import ScriptedServer
from tests.server import RunningServer, running_server

PIXEL = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PLAIN: Any = {"effort": "none"}


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server whose models have a context of 256 tokens."""
    with running_server(tmp_path_factory.mktemp("short"), PUNA_CONTEXT_LENGTH="256") as server:
        yield server


def turns(count: int) -> Any:
    """A conversation, oldest first, that ends with a question."""
    items = [{"role": "user" if n % 2 == 0 else "assistant", "content": f"number {n} " * 10} for n in range(count)]
    return [{"role": "system", "content": "Be brief."}, *items, {"role": "user", "content": "So?"}]


def test_a_prompt_that_is_too_long_is_refused_with_both_counts(short: RunningServer) -> None:
    for options in ({}, {"truncation": "disabled"}, {"stream": True}):
        with short.http() as http:
            answer = http.post("/v1/responses", json={"model": "tiny", "input": turns(40), **options})
        error = answer.json()["error"]
        assert answer.status_code == 400
        assert error["code"] == "context_length_exceeded"
        assert "256" in error["message"]


def test_the_oldest_turns_go_where_that_is_allowed(short: RunningServer) -> None:
    client = short.client()
    made = client.responses.create(
        model="tiny", input=turns(40), truncation="auto", max_output_tokens=16, reasoning=PLAIN
    )
    assert made.usage is not None
    assert 100 < made.usage.input_tokens <= 256 - 16
    assert made.truncation == "auto"
    assert len(client.responses.input_items.list(made.id, limit=100).data) == 42, "what was given is kept whole"
    with pytest.raises(openai.BadRequestError, match="256"):
        client.responses.create(model="tiny", input="word " * 400, truncation="auto")


def test_a_chain_goes_on_for_ever_where_the_oldest_may_go(short: RunningServer) -> None:
    client, previous = short.client(), None
    for number in range(6):
        made = client.responses.create(
            model="tiny",
            input=f"number {number} " * 20,
            previous_response_id=previous,
            truncation="auto",
            max_output_tokens=8,
            reasoning=PLAIN,
        )
        previous = made.id
    assert made.usage is not None
    assert made.usage.input_tokens <= 256 - 8


def test_thoughts_that_only_the_client_keeps_come_back_as_input(server: RunningServer) -> None:
    client = server.client()
    with server.http() as http:
        body: Any = {
            "model": "tiny",
            "input": "What is 2 and 2?",
            "store": False,
            "reasoning": {"effort": "high"},
            "include": ["reasoning.encrypted_content"],
            "temperature": 0,
            "max_output_tokens": 400,
        }
        made = http.post("/v1/responses", json=body).json()
        check_response(made)
        thoughts = [item for item in made["output"] if item["type"] == "reasoning"]
        assert thoughts, "tiny thinks"
        plain = {name: value for name, value in thoughts[0].items() if name != "content"}
        again = http.post("/v1/responses", json={**body, "input": [{"role": "user", "content": "2?"}, plain]})
        assert again.status_code == 200, again.text
        forged = {**plain, "encrypted_content": plain["encrypted_content"][::-1]}
        refused = http.post("/v1/responses", json={**body, "input": [{"role": "user", "content": "2?"}, forged]})
        assert refused.status_code == 400
        assert refused.json()["error"]["code"] == "invalid_encrypted_content"
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(made["id"])


def test_a_picture_for_a_model_without_vision_is_refused(scripted: ScriptedServer) -> None:
    part: Any = {"type": "input_image", "image_url": PIXEL, "detail": "auto"}
    with pytest.raises(openai.BadRequestError, match="This model does not support images") as refused:
        scripted.client().responses.create(model="plain", input=[{"role": "user", "content": [part]}])
    assert refused.value.param == "input"


def test_the_text_of_a_file_reaches_the_model(client: openai.OpenAI) -> None:
    def counted(text: str) -> int:
        data = base64.b64encode(text.encode()).decode()
        part: Any = {"type": "input_file", "filename": "a.txt", "file_data": f"data:text/plain;base64,{data}"}
        given: Any = [{"role": "user", "content": [part, {"type": "input_text", "text": "Read."}]}]
        return client.responses.input_tokens.count(model="tiny", input=given).input_tokens

    assert counted("word " * 100) > counted("word") + 90


@pytest.mark.parametrize("store", [True, False])
def test_a_conversation_gets_what_was_said_whether_or_not_the_response_is_kept(
    client: openai.OpenAI, store: bool
) -> None:
    conversation = client.conversations.create()
    made = client.responses.create(
        model="tiny", input="Hi", conversation=conversation.id, store=store, max_output_tokens=4, reasoning=PLAIN
    )
    items = client.conversations.items.list(conversation.id, order="asc").data
    assert [item.type for item in items] == ["message", "message"]
    assert items[1].id == made.output[0].id


def test_verbosity_is_the_same_hint_in_chat_and_here(client: openai.OpenAI) -> None:
    def counted(**body: Any) -> int:
        return client.responses.input_tokens.count(model="tiny", input="Hello", **body).input_tokens

    def prompted(**body: Any) -> int:
        ask: Any = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 1, **body}
        usage = client.chat.completions.create(model="tiny", **ask).usage
        assert usage is not None
        return int(usage.prompt_tokens)

    assert counted(text={"verbosity": "medium"}) == counted() == prompted() == prompted(verbosity="medium")
    assert counted(text={"verbosity": "low"}) == prompted(verbosity="low") > counted()
    assert counted(text={"verbosity": "high"}) == prompted(verbosity="high") != prompted(verbosity="low")


@pytest.mark.parametrize(("limit", "status"), [(40, "incomplete"), (400, "completed")])
def test_what_was_called_has_to_be_answered_unless_it_was_cut_off(
    client: openai.OpenAI, limit: int, status: str
) -> None:
    form = {"type": "grammar", "syntax": "regex", "definition": "[0-9]{60}"}
    tools: Any = [{"type": "custom", "name": "dial", "format": form}]
    options: Any = {"model": "tiny", "tools": tools, "reasoning": PLAIN}
    made = client.responses.create(
        **options, input="Dial!", tool_choice={"type": "custom", "name": "dial"}, parallel_tool_calls=False,
        max_output_tokens=limit,
    )  # fmt: skip
    [call] = made.output
    assert call.type == "custom_tool_call"
    assert (made.status, call.to_dict()["status"]) == (status, status)
    follow: Any = {**options, "previous_response_id": made.id, "max_output_tokens": 1}
    if status == "completed":
        with pytest.raises(openai.BadRequestError, match=f"No tool output found for custom tool call {call.call_id}"):
            client.responses.create(**follow, input="So?")
        result: Any = {"type": "custom_tool_call_output", "call_id": call.call_id, "output": "busy"}
        client.responses.create(**follow, input=[result])
    else:
        client.responses.create(**follow, input="So?")
