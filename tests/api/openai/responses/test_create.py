from typing import Any

import openai
import pytest
from openai.types.responses import ResponseItemList

from puna.core.errors import EngineFailed
from puna.core.events import Done, Finished, ReasoningDelta, TextDelta, ToolCallDelta, Usage
from puna.core.tools import ToolChoice
from tests.api.openai.responses.wire import PLAIN, WEATHER, check, check_response, post, stream, text_of
from tests.scripted import ScriptedServer


@pytest.fixture
def server(scripted: ScriptedServer) -> ScriptedServer:
    return scripted


@pytest.fixture
def client(scripted: ScriptedServer) -> openai.OpenAI:
    return scripted.client()


def test_a_response_is_stored_and_retrieved(client: openai.OpenAI) -> None:
    response = client.responses.create(
        model="tiny", input="Hello", max_output_tokens=8, metadata={"a": "b"}, reasoning=PLAIN
    )
    assert response.output_text
    assert client.responses.retrieve(response.id) == response
    assert response.metadata == {"a": "b"}
    client.responses.delete(response.id)
    with pytest.raises(openai.NotFoundError, match=response.id):
        client.responses.retrieve(response.id)


def test_what_goes_over_the_wire_is_of_openais_types(server: ScriptedServer) -> None:
    response = post(server, input="Hello", max_output_tokens=8, tools=[WEATHER], tool_choice="none")
    assert check_response(response).usage is not None
    with server.http() as http:
        assert http.get(f"/v1/responses/{response['id']}").json() == response
        check(ResponseItemList, http.get(f"/v1/responses/{response['id']}/input_items").json(), "ResponseItemList")


def test_the_last_event_of_a_stream_is_what_is_retrieved(server: ScriptedServer) -> None:
    events = stream(server, input="Hello", max_output_tokens=8)
    response = events[-1]["response"]
    assert text_of(events, "output_text") == response["output"][0]["content"][0]["text"]
    with server.http() as http:
        assert http.get(f"/v1/responses/{response['id']}").json() == response


def test_a_stream_can_be_had_again_from_any_point(server: ScriptedServer) -> None:
    events = stream(server, input="Hello", max_output_tokens=8)
    path = f"/v1/responses/{events[-1]['response']['id']}?stream=true"
    assert stream(server, path) == events
    assert stream(server, f"{path}&starting_after=4") == events[5:]


def test_what_was_not_streamed_can_not_be_streamed_later(client: openai.OpenAI) -> None:
    response = client.responses.create(model="tiny", input="Hello", max_output_tokens=4)
    with pytest.raises(openai.BadRequestError, match="neither 'stream' nor 'background'"):
        client.responses.retrieve(response.id, stream=True)


def test_what_is_not_stored_leaves_nothing(client: openai.OpenAI) -> None:
    response = client.responses.create(model="tiny", input="Hello", max_output_tokens=4, store=False)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(response.id)
    with pytest.raises(openai.BadRequestError, match="not found"):
        client.responses.create(model="tiny", input="Hello", previous_response_id=response.id)


ITEMS: Any = [
    {"role": "developer", "content": "Be brief."},
    {
        "role": "user",
        "content": [
            {"type": "input_text", "text": "Read this."},
            {"type": "input_file", "filename": "a.txt", "file_data": "data:text/plain;base64,aGVsbG8="},
        ],
    },
    {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "thinking"}]},
    {"role": "assistant", "content": [{"type": "output_text", "text": "I call.", "annotations": []}]},
    {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": '{"city":"Rome"}'},
    {"type": "function_call_output", "call_id": "call_1", "output": "sunny"},
    {"type": "custom_tool_call", "call_id": "call_2", "name": "shell", "input": "ls"},
    {"type": "custom_tool_call_output", "call_id": "call_2", "output": [{"type": "input_text", "text": "a.txt"}]},
    {"type": "message", "role": "user", "content": "So?"},
]


def test_every_form_of_input_is_read_and_listed(server: ScriptedServer) -> None:
    response = post(server, max_output_tokens=2, input=ITEMS)
    with server.http() as http:
        listed = http.get(f"/v1/responses/{response['id']}/input_items?order=asc").json()
    check(ResponseItemList, listed, "ResponseItemList")
    assert [item["type"] for item in listed["data"]] == [item.get("type", "message") for item in ITEMS]


def test_what_the_package_read_can_be_given_back_as_it_dumps_it(client: openai.OpenAI) -> None:
    """With every field its models know, most of them null."""
    options: Any = {"model": "tiny", "max_output_tokens": 2, "reasoning": PLAIN}
    tools: Any = [{**WEATHER, "output_schema": {"type": "string"}}, {"type": "custom", "name": "shell"}]
    made = client.responses.create(**options, input=ITEMS, tools=tools)
    listed = client.responses.input_items.list(made.id, order="asc").data
    kept = client.conversations.items.list(client.conversations.create(items=ITEMS).id, order="asc").data
    compacted = client.responses.compact(model="tiny", input="I am Ada.").output
    for items in (listed, kept, compacted):
        given: Any = [item.model_dump(warnings=False) for item in items]
        assert client.responses.create(**options, input=given).usage
    given = [tool.model_dump() for tool in made.tools]
    again = client.responses.create(**options, input="Hello", tools=given)
    assert again.tools == made.tools
    assert given[0]["output_schema"] == {"type": "string"}


def test_input_items_come_in_pages(client: openai.OpenAI) -> None:
    messages: Any = [{"role": "user", "content": f"number {n}"} for n in range(5)]
    response = client.responses.create(model="tiny", input=messages, max_output_tokens=2)
    first = client.responses.input_items.list(response.id, limit=2, order="asc")
    assert first.has_more
    everything = [item.content[0].text for item in first]  # type: ignore[union-attr, index]
    assert everything == [f"number {n}" for n in range(5)]
    newest = client.responses.input_items.list(response.id, limit=1)
    assert newest.data[0].content[0].text == "number 4"  # type: ignore[union-attr, index]


def test_the_stream_helper_of_the_client_reads_it(client: openai.OpenAI) -> None:
    with client.responses.stream(model="tiny", input="Hello", max_output_tokens=8, reasoning=PLAIN) as events:
        kinds = [event.type for event in events]
    assert kinds[0] == "response.created"
    assert "response.output_text.delta" in kinds


def test_a_conversation_is_compacted_to_what_the_user_said_and_a_sealed_summary(client: openai.OpenAI) -> None:
    compacted = client.responses.compact(
        model="tiny",
        input=[{"role": "user", "content": "I am Ada."}, {"role": "assistant", "content": "Hello Ada."}],
    )
    again: Any = [item.model_dump(exclude_none=True) for item in compacted.output]
    assert again[0]["content"] == [{"type": "input_text", "text": "I am Ada."}]
    assert [item["type"] for item in again] == ["message", "compaction"]
    answer = client.responses.create(
        model="tiny", input=[*again, {"role": "user", "content": "Who am I?"}], max_output_tokens=4, reasoning=PLAIN
    )
    assert answer.output_text
    tampered: Any = [{**again[1], "encrypted_content": again[1]["encrypted_content"][:-4] + "AAA="}]
    with pytest.raises(openai.BadRequestError, match="could not be verified"):
        client.responses.create(model="tiny", input=tampered)


def test_instructions_are_not_carried_over(scripted: ScriptedServer, client: openai.OpenAI) -> None:
    first = client.responses.create(model="tiny", input="Hello", instructions="Speak like a pirate.")
    assert scripted.script.request.messages[0].text == "Speak like a pirate."
    client.responses.create(model="tiny", input="?", previous_response_id=first.id)
    assert [message.text for message in scripted.script.request.messages] == ["Hello", "This is a test.", "?"]


def test_the_limit_of_tokens_is_the_reason_of_an_incomplete_response(
    scripted: ScriptedServer, client: openai.OpenAI
) -> None:
    scripted.script.say("Once", reason="length", usage=Usage(3, 2))
    response = client.responses.create(model="tiny", input="Tell a long story.", max_output_tokens=2)
    assert response.status == "incomplete"
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == "max_output_tokens"
    assert response.usage is not None
    assert response.usage.output_tokens == 2
    assert scripted.script.request.sampling.max_tokens == 2


def test_thoughts_text_and_calls_are_items_in_order(scripted: ScriptedServer) -> None:
    scripted.script.answer(
        ReasoningDelta(0, "H"),
        ReasoningDelta(0, "m."),
        TextDelta(0, "I"),
        TextDelta(0, " dial."),
        ToolCallDelta(0, 0, '{"city"', "call_1", "weather"),
        ToolCallDelta(0, 0, ': "Rome"}'),
        ToolCallDelta(0, 1, '{"input": "5', "call_2", "dial"),
        ToolCallDelta(0, 1, '6"}'),
        Finished(0, "tool_calls"),
        Done(Usage(3, 9, 1, 2)),
    )
    tools = [WEATHER, {"type": "custom", "name": "dial"}]
    events = stream(scripted, input="Dial!", tools=tools)
    response = events[-1]["response"]
    assert [item["type"] for item in response["output"]] == [
        "reasoning",
        "message",
        "function_call",
        "custom_tool_call",
    ]
    thought, message, called, dialled = response["output"]
    assert thought["content"][0]["text"] == text_of(events, "reasoning_text") == "Hm."
    assert message["content"][0]["text"] == text_of(events, "output_text") == "I dial."
    assert called["arguments"] == text_of(events, "function_call_arguments") == '{"city": "Rome"}'
    assert dialled["input"] == text_of(events, "custom_tool_call_input") == "56"
    assert response["usage"]["output_tokens_details"] == {"reasoning_tokens": 2}


@pytest.mark.parametrize(
    ("body", "name", "value"),
    [
        ({"max_output_tokens": 7}, "sampling.max_tokens", 7),
        ({"temperature": 0.5, "top_p": 0.1}, "sampling.top_p", 0.1),
        ({"reasoning": {"effort": "high"}}, "effort", "high"),
        ({"parallel_tool_calls": False, "tools": [WEATHER]}, "parallel_tool_calls", False),
        ({"tool_choice": "required", "tools": [WEATHER]}, "tool_choice", ToolChoice(mode="required")),
        (
            {"tool_choice": {"type": "function", "name": "weather"}, "tools": [WEATHER]},
            "tool_choice",
            ToolChoice(mode="required", names=("weather",)),
        ),
        ({"include": ["message.output_text.logprobs"], "top_logprobs": 2}, "logprobs", 2),
        ({"presence_penalty": 0.5}, "sampling.presence_penalty", 0.5),
        ({"frequency_penalty": -1}, "sampling.frequency_penalty", -1),
    ],
)
def test_each_field_reaches_the_engine(scripted: ScriptedServer, body: dict[str, Any], name: str, value: Any) -> None:
    post(scripted, input="Hello", **body)
    found = scripted.script.request
    for attribute in name.split("."):
        found = getattr(found, attribute)
    assert found == value


def test_a_response_has_all_that_the_published_schemas_require(server: ScriptedServer) -> None:
    given = {"presence_penalty": 0.5, "frequency_penalty": -0.5, "prompt_cache_key": "k", "safety_identifier": "s"}
    response = post(server, input="Hello", store=False, **given)
    check_response(response)
    assert given.items() <= response.items()
    assert response["store"] is False
    plain = post(server, input="Hello")
    check_response(plain)
    assert plain["store"] is True
    assert (plain["presence_penalty"], plain["prompt_cache_key"], plain["safety_identifier"]) == (0, None, None)


def test_what_only_tells_of_the_client_changes_nothing(scripted: ScriptedServer) -> None:
    post(scripted, input="Hello")
    plain = scripted.script.request
    hints: dict[str, Any] = {
        "client_metadata": {"thread_id": "1"},
        "background_options": {"completion_window": "8h", "continuation_id": "c"},
    }
    post(scripted, input="Hello", **hints)
    assert scripted.script.request == plain


def test_what_goes_wrong_later_is_a_failed_response(scripted: ScriptedServer) -> None:
    scripted.script.answer(TextDelta(0, "This"), EngineFailed("It ended."))
    events = stream(scripted, input="Hello")
    assert events[-1]["type"] == "response.failed"
    assert "It ended" in events[-1]["response"]["error"]["message"]
