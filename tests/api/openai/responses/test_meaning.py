"""Responses whose content matters: what a real engine makes of them."""

from typing import Any

import lark
import openai
from pydantic import BaseModel

from tests.api.openai.responses.wire import PLAIN, WEATHER, check_response, post, stream, text_of
from tests.server import RunningServer


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


def test_a_stream_is_taken_up_again_by_the_helper_of_the_client(client: openai.OpenAI) -> None:
    form: Any = {"format": {"type": "json_schema", "name": "x", "schema": {"enum": ["a"]}}}
    with client.responses.stream(model="tiny", input="Hello", reasoning=PLAIN, text=form) as events:
        kinds = [event.type for event in events]
        final = events.get_final_response()
    with client.responses.stream(response_id=final.id, starting_after=2) as events:
        assert [event.type for event in events] == kinds[3:]
        assert events.get_final_response().id == final.id


def test_numbers_of_a_schema_may_have_more_than_64_bits(server: RunningServer) -> None:
    schema, arguments = {"const": 10**25}, {"properties": {"n": {"maximum": 2**64}}}
    form = {"format": {"type": "json_schema", "name": "x", "schema": schema}}
    tool = {"type": "function", "name": "f", "parameters": arguments, "strict": False}
    asked = {"model": "tiny", "input": "?", "reasoning": PLAIN, "text": form, "tools": [tool], "tool_choice": "none"}
    made = server.http().post("/v1/responses", json=asked).json()
    assert made["output"][0]["content"][0]["text"] == str(10**25)
    assert made["text"]["format"]["schema"] == schema
    kept = server.http().get(f"/v1/responses/{made['id']}").json()
    assert kept["tools"][0]["parameters"] == made["tools"][0]["parameters"] == arguments
    assert kept["text"]["format"]["schema"] == schema
    assert isinstance(kept["text"]["format"]["schema"]["const"], int)


def test_log_probabilities_where_they_are_asked_for(server: RunningServer) -> None:
    events = stream(server, input="Hi", max_output_tokens=3, include=["message.output_text.logprobs"], top_logprobs=2)
    part = events[-1]["response"]["output"][0]["content"][0]
    assert part["logprobs"]
    assert all(len(logprob["top_logprobs"]) == 2 for logprob in part["logprobs"])
    assert "".join(logprob["token"] for logprob in part["logprobs"]) == part["text"]
