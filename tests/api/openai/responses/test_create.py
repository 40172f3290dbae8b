from typing import Any

import lark
import openai
import orjson
import pytest
from openai.types.responses import ResponseItemList
from pydantic import BaseModel

from tests.api.openai.responses.wire import check, check_events, check_response, text_of
from tests.server import RunningServer

WEATHER: Any = {
    "type": "function",
    "name": "weather",
    "description": "The weather in a city",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string", "enum": ["Rome", "Oslo"]}},
        "required": ["city"],
        "additionalProperties": False,
    },
}
PLAIN: Any = {"effort": "none"}
"""Without thoughts, so that a few tokens are text."""


def post(server: RunningServer, **body: Any) -> Any:
    """The JSON of a response, not yet read by any client."""
    with server.http() as http:
        answer = http.post("/v1/responses", json={"model": "tiny", "reasoning": PLAIN, **body})
    assert answer.status_code == 200, answer.text
    return answer.json()


def stream(server: RunningServer, path: str = "/v1/responses", **body: Any) -> list[dict[str, Any]]:
    """The events of a stream, not yet read by any client, checked."""
    with server.http() as http:
        method = "POST" if body else "GET"
        answer = http.request(
            method, path, json={"model": "tiny", "stream": True, "reasoning": PLAIN, **body} if body else None
        )
    assert answer.status_code == 200, answer.text
    blocks = [block.split("\n") for block in answer.text.split("\n\n") if block and not block.startswith(":")]
    events = [orjson.loads(data.removeprefix("data: ")) for _, data in blocks]
    assert [event["type"] for event in events] == [name.removeprefix("event: ") for name, _ in blocks]
    check_events(events)
    return events


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


def test_what_goes_over_the_wire_is_of_openais_types(server: RunningServer) -> None:
    response = post(server, input="Hello", max_output_tokens=8, tools=[WEATHER], tool_choice="none")
    assert check_response(response).usage is not None
    with server.http() as http:
        assert http.get(f"/v1/responses/{response['id']}").json() == response
        check(ResponseItemList, http.get(f"/v1/responses/{response['id']}/input_items").json(), "ResponseItemList")


def test_the_last_event_of_a_stream_is_what_is_retrieved(server: RunningServer) -> None:
    events = stream(server, input="Hello", max_output_tokens=8)
    response = events[-1]["response"]
    assert text_of(events, "output_text") == response["output"][0]["content"][0]["text"]
    with server.http() as http:
        assert http.get(f"/v1/responses/{response['id']}").json() == response


def test_a_stream_can_be_had_again_from_any_point(server: RunningServer) -> None:
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


def test_the_limit_of_tokens_is_the_reason_of_an_incomplete_response(client: openai.OpenAI) -> None:
    response = client.responses.create(model="tiny", input="Tell a long story.", max_output_tokens=2)
    assert response.status == "incomplete"
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == "max_output_tokens"
    assert response.usage is not None
    assert response.usage.output_tokens == 2


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


def test_every_form_of_input_is_read_and_listed(server: RunningServer) -> None:
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


def test_a_stream_is_taken_up_again_by_the_helper_of_the_client(client: openai.OpenAI) -> None:
    form: Any = {"format": {"type": "json_schema", "name": "x", "schema": {"enum": ["a"]}}}
    with client.responses.stream(model="tiny", input="Hello", reasoning=PLAIN, text=form) as events:
        kinds = [event.type for event in events]
        final = events.get_final_response()
    with client.responses.stream(response_id=final.id, starting_after=2) as events:
        assert [event.type for event in events] == kinds[3:]
        assert events.get_final_response().id == final.id


def test_input_items_come_in_pages(client: openai.OpenAI) -> None:
    messages: Any = [{"role": "user", "content": f"number {n}"} for n in range(5)]
    response = client.responses.create(model="tiny", input=messages, max_output_tokens=2)
    first = client.responses.input_items.list(response.id, limit=2, order="asc")
    assert first.has_more
    everything = [item.content[0].text for item in first]  # type: ignore[union-attr, index]
    assert everything == [f"number {n}" for n in range(5)]
    newest = client.responses.input_items.list(response.id, limit=1)
    assert newest.data[0].content[0].text == "number 4"  # type: ignore[union-attr, index]


def test_instructions_are_not_carried_over(client: openai.OpenAI) -> None:
    count = client.responses.input_tokens.count
    first = client.responses.create(
        model="tiny",
        input="Hello",
        instructions="Speak like a pirate in every answer.",
        max_output_tokens=2,
    )
    plain = client.responses.create(model="tiny", input="Hello", max_output_tokens=2)
    difference = (
        count(model="tiny", input="?", previous_response_id=first.id).input_tokens
        - count(model="tiny", input="?", previous_response_id=plain.id).input_tokens
    )
    assert abs(difference) <= 4, "only the two answers differ"


def test_tokens_are_counted_as_the_model_sees_them(client: openai.OpenAI) -> None:
    counted = client.responses.input_tokens.count(model="tiny", input="How many are these?", instructions="Count.")
    response = client.responses.create(
        model="tiny", input="How many are these?", instructions="Count.", max_output_tokens=1
    )
    assert response.usage is not None
    assert counted.input_tokens == response.usage.input_tokens


def test_a_forced_function_is_called_with_arguments_that_fit(client: openai.OpenAI) -> None:
    response = client.responses.create(
        model="tiny",
        input="What is the weather?",
        tools=[WEATHER],
        tool_choice={"type": "function", "name": "weather"},
        max_output_tokens=200,
        parallel_tool_calls=False,
    )
    [call] = [item for item in response.output if item.type == "function_call"]
    assert call.name == "weather"
    assert call.arguments.replace(" ", "") in ('{"city":"Rome"}', '{"city":"Oslo"}')


def test_calls_are_streamed_as_they_are_stored(server: RunningServer) -> None:
    events = stream(
        server,
        input="What is the weather?",
        tools=[WEATHER],
        tool_choice={"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "weather"}]},
        parallel_tool_calls=False,
    )
    [call] = [item for item in events[-1]["response"]["output"] if item["type"] == "function_call"]
    assert text_of(events, "function_call_arguments") == call["arguments"]


def test_a_custom_tool_gets_text_that_fits_its_grammar(server: RunningServer) -> None:
    events = stream(
        server,
        input="Dial!",
        tools=[
            {
                "type": "custom",
                "name": "dial",
                "format": {"type": "grammar", "syntax": "regex", "definition": "[0-9]{3}-[0-9]{2}"},
            }
        ],
        tool_choice={"type": "custom", "name": "dial"},
        parallel_tool_calls=False,
    )
    [call] = [item for item in events[-1]["response"]["output"] if item["type"] == "custom_tool_call"]
    digits, dash, more = call["input"].partition("-")
    assert (len(digits), dash, len(more)) == (3, "-", 2)
    assert digits.isdecimal()
    assert more.isdecimal()
    assert text_of(events, "custom_tool_call_input") == call["input"]


QUERY = """
start: "SELECT" columns "FROM" NAME ["WHERE" condition] ";"
columns: "*" | NAME ("," NAME)~0..2
condition: condition "AND" test | test
test: NAME ("=" | "<" | "<=") (INT | "'" /[a-zé ]{0,12}/ "'")
NAME: /[a-z_]{1,12}/
INT: /[0-9]{1,6}/
%ignore " "
"""


def test_a_custom_tool_gets_text_that_lark_reads(server: RunningServer) -> None:
    parser = lark.Lark(QUERY.replace("{0,12}", "{1,12}"))  # Lark itself takes no empty terminal
    tool = {"type": "custom", "name": "sql", "format": {"type": "grammar", "syntax": "lark", "definition": QUERY}}
    complete = 0
    for question in ("Who is rich?", "Zähle alles.", "SELECT me", "{}", "names of all the cities") * 6:
        response = post(
            server,
            input=question,
            tools=[tool],
            tool_choice={"type": "custom", "name": "sql"},
            parallel_tool_calls=False,
            max_output_tokens=400,
            temperature=1.5,  # what it is surest of may be one more space, for ever
        )
        check_response(response)
        [call] = [item for item in response["output"] if item["type"] == "custom_tool_call"]
        if response["status"] == "completed":
            parser.parse(call["input"].replace("''", "'x'"))
            complete += 1
        if complete == 2:
            break
    assert complete == 2


class Person(BaseModel):
    adult: bool


def test_parse_gives_an_object(client: openai.OpenAI) -> None:
    parsed = client.responses.parse(
        model="tiny", input="Ada is 36.", text_format=Person, max_output_tokens=400, temperature=0, reasoning=PLAIN
    )
    assert isinstance(parsed.output_parsed, Person)


def test_log_probabilities_where_they_are_asked_for(server: RunningServer) -> None:
    events = stream(server, input="Hi", max_output_tokens=3, include=["message.output_text.logprobs"], top_logprobs=2)
    part = events[-1]["response"]["output"][0]["content"][0]
    assert part["logprobs"]
    assert all(len(logprob["top_logprobs"]) == 2 for logprob in part["logprobs"])
    assert "".join(logprob["token"] for logprob in part["logprobs"]) == part["text"]


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
