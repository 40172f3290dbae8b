import json
from typing import Any, Literal

import jsonschema
import openai
import pytest
from openai import pydantic_function_tool
from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam, ChatCompletionToolParam
from pydantic import BaseModel

ASK: list[ChatCompletionMessageParam] = [{"role": "user", "content": "What is the weather in Paris?"}]
PARAMETERS: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string", "maxLength": 12}, "unit": {"enum": ["celsius", "fahrenheit"]}},
    "required": ["city", "unit"],
    "additionalProperties": False,
}
WEATHER: ChatCompletionToolParam = {
    "type": "function",
    "function": {"name": "get_weather", "description": "The weather of a city", "parameters": PARAMETERS},
}
TIME: ChatCompletionToolParam = {"type": "function", "function": {"name": "get_time"}}


def test_a_required_call_is_made_and_fits_its_schema(random_client: openai.OpenAI, model: str) -> None:
    answer = random_client.chat.completions.create(
        model=model,
        messages=ASK,
        tools=[WEATHER, TIME],
        tool_choice="required",
        parallel_tool_calls=False,
        max_tokens=600,
        seed=1,
    )
    [choice] = answer.choices
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content is None
    assert choice.message.tool_calls
    for call in choice.message.tool_calls:
        assert call.type == "function"
        assert call.id.startswith("call_")
        schema = {"get_weather": PARAMETERS, "get_time": {"type": "object"}}[call.function.name]
        jsonschema.validate(json.loads(call.function.arguments), schema)


def test_calls_beside_one_another_have_their_own_index_and_id(random_client: openai.OpenAI) -> None:
    chunks = random_client.chat.completions.create(
        model="tools", messages=ASK, tools=[WEATHER], tool_choice="required", max_tokens=600, seed=1, stream=True
    )
    deltas = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or []]
    firsts = [delta for delta in deltas if delta.id]
    assert [delta.index for delta in firsts] == list(range(len(firsts)))
    assert len({delta.id for delta in firsts}) == len(firsts) > 1
    for index in range(len(firsts) - 1):  # the last one may be cut off
        pieces = [delta.function.arguments or "" for delta in deltas if delta.index == index and delta.function]
        jsonschema.validate(json.loads("".join(pieces)), PARAMETERS)


def test_a_named_tool_is_the_one_that_is_called(random_client: openai.OpenAI, model: str) -> None:
    answer = random_client.chat.completions.create(
        model=model,
        messages=ASK,
        tools=[TIME, WEATHER],
        tool_choice={"type": "function", "function": {"name": "get_weather"}},
        parallel_tool_calls=False,
        max_tokens=400,
    )
    calls = answer.choices[0].message.tool_calls
    assert calls is not None
    assert [call.function.name for call in calls if call.type == "function"] == ["get_weather"]


def test_only_allowed_tools_are_called(random_client: openai.OpenAI, model: str) -> None:
    answer = random_client.chat.completions.create(
        model=model,
        messages=ASK,
        tools=[TIME, WEATHER],
        tool_choice={
            "type": "allowed_tools",
            "allowed_tools": {
                "mode": "required",
                "tools": [{"type": "function", "function": {"name": "get_weather"}}],
            },
        },
        max_tokens=800,
    )
    calls = answer.choices[0].message.tool_calls
    assert calls
    assert {call.function.name for call in calls if call.type == "function"} == {"get_weather"}


def test_a_stream_names_the_call_first_and_then_writes_its_arguments(
    random_client: openai.OpenAI, model: str
) -> None:
    chunks: list[ChatCompletionChunk] = list(
        random_client.chat.completions.create(
            model=model,
            messages=ASK,
            tools=[WEATHER],
            tool_choice="required",
            parallel_tool_calls=False,
            max_tokens=400,
            stream=True,
        )
    )
    deltas = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or []]
    first, *rest = deltas
    assert first.function is not None
    assert (first.function.name, first.function.arguments, first.type) == ("get_weather", "", "function")
    assert first.id is not None
    assert {delta.index for delta in deltas} == {0}
    assert {delta.id for delta in rest} == {None}
    assert len(rest) > 2
    arguments = "".join(delta.function.arguments or "" for delta in rest if delta.function)
    jsonschema.validate(json.loads(arguments), PARAMETERS)
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


def test_the_older_functions_are_the_same_in_older_words(random_client: openai.OpenAI, model: str) -> None:
    answer = random_client.chat.completions.create(
        model=model,
        messages=[
            *ASK,
            {"role": "assistant", "content": None, "function_call": {"name": "get_weather", "arguments": "{}"}},
            {"role": "function", "name": "get_weather", "content": "sunny"},
            {"role": "user", "content": "And now?"},
        ],
        functions=[{"name": "get_weather", "parameters": PARAMETERS}],
        function_call={"name": "get_weather"},
        max_tokens=400,
    )
    [choice] = answer.choices
    assert choice.finish_reason == "function_call"
    assert choice.message.function_call is not None
    assert choice.message.tool_calls is None
    jsonschema.validate(json.loads(choice.message.function_call.arguments), PARAMETERS)


def test_results_go_back_to_the_model(random_client: openai.OpenAI, model: str) -> None:
    calls: Any = [
        {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'}}
    ]
    messages: list[ChatCompletionMessageParam] = [*ASK, {"role": "assistant", "tool_calls": calls}]
    lengths = []
    for result in ("sunny", "sunny, with a long tail of clouds that come in from the west"):
        answered: list[ChatCompletionMessageParam] = [
            *messages,
            {"role": "tool", "tool_call_id": "call_1", "content": result},
        ]
        answer = random_client.chat.completions.create(model=model, messages=answered, tools=[WEATHER], max_tokens=1)
        assert answer.usage is not None
        lengths.append(answer.usage.prompt_tokens)
    assert lengths[0] < lengths[1]


@pytest.mark.parametrize("arguments", ["", '{"city": "Par', "not json"])
def test_arguments_that_were_cut_off_may_come_back(random_client: openai.OpenAI, model: str, arguments: str) -> None:
    function: Any = {"name": "get_weather", "arguments": arguments}
    messages: list[ChatCompletionMessageParam] = [
        *ASK,
        {"role": "assistant", "tool_calls": [{"id": "call_1", "type": "function", "function": function}]},
        {"role": "tool", "tool_call_id": "call_1", "content": "no such city"},
    ]
    random_client.chat.completions.create(model=model, messages=messages, tools=[WEATHER], max_tokens=1)


class Weather(BaseModel):
    """The weather of a city."""

    city: Literal["Paris", "Rome"]
    days: int


def test_the_sdk_parses_strict_tools(random_client: openai.OpenAI, model: str) -> None:
    answer = random_client.chat.completions.parse(
        model=model,
        messages=ASK,
        tools=[pydantic_function_tool(Weather, name="get_weather")],
        tool_choice="required",
        parallel_tool_calls=False,
        max_tokens=400,
    )
    calls = answer.choices[0].message.tool_calls
    assert calls is not None
    parsed = calls[0].function.parsed_arguments
    assert isinstance(parsed, Weather)
    assert parsed.city in ("Paris", "Rome")


def test_the_sdk_parses_an_answer_with_a_schema(random_client: openai.OpenAI, model: str) -> None:
    answer = random_client.chat.completions.parse(model=model, messages=ASK, response_format=Weather, max_tokens=400)
    assert isinstance(answer.choices[0].message.parsed, Weather)


def test_the_sdk_streams_an_answer_with_a_schema(random_client: openai.OpenAI, model: str) -> None:
    with random_client.chat.completions.stream(
        model=model, messages=ASK, response_format=Weather, max_tokens=400
    ) as stream:
        final = stream.get_final_completion()
    assert isinstance(final.choices[0].message.parsed, Weather)


def test_json_mode_writes_an_object(random_client: openai.OpenAI, model: str) -> None:
    answer = random_client.chat.completions.create(
        model=model, messages=ASK, response_format={"type": "json_object"}, max_tokens=600, seed=3
    )
    [choice] = answer.choices
    assert choice.message.content is not None
    assert choice.message.content.startswith("{")
    if choice.finish_reason == "stop":
        assert isinstance(json.loads(choice.message.content), dict)


def test_with_tools_a_form_holds_for_the_text(random_client: openai.OpenAI, model: str) -> None:
    answer = random_client.chat.completions.parse(
        model=model,
        messages=ASK,
        response_format=Weather,
        tools=[pydantic_function_tool(Weather)],
        parallel_tool_calls=False,
        max_tokens=600,
    )
    message = answer.choices[0].message
    assert isinstance(message.parsed, Weather) or message.tool_calls


def test_a_schema_that_nothing_fits_is_refused_with_its_place(random_client: openai.OpenAI) -> None:
    empty: Any = {"type": "object", "properties": {"a": {"type": "array", "items": False, "minItems": 1}}}
    empty["required"] = ["a"]
    with pytest.raises(openai.BadRequestError) as refused:
        random_client.chat.completions.create(
            model="tools",
            messages=ASK,
            response_format={"type": "json_schema", "json_schema": {"name": "empty", "schema": empty}},
        )
    assert refused.value.param == "response_format.json_schema.schema.properties.a.items"
    tool: ChatCompletionToolParam = {
        "type": "function",
        "function": {"name": "empty", "parameters": empty, "strict": True},
    }
    with pytest.raises(openai.BadRequestError) as refused:
        random_client.chat.completions.create(model="tools", messages=ASK, tools=[TIME, tool])
    assert refused.value.param == "tools[1].function.parameters.properties.a.items"
    random_client.chat.completions.create(model="tools", messages=ASK, max_tokens=1)


@pytest.mark.parametrize("kind", ["array", "string", ["array", "null"]])
@pytest.mark.parametrize("choice", ["required", "auto"])
def test_arguments_have_to_be_an_object(
    random_client: openai.OpenAI, model: str, kind: str | list[str], choice: Literal["required", "auto"]
) -> None:
    tool: Any = {"type": "function", "function": {"name": "x", "parameters": {"type": kind}}}
    with pytest.raises(openai.BadRequestError, match="have to be an object") as refused:
        random_client.chat.completions.create(model=model, messages=ASK, tools=[tool], tool_choice=choice)
    assert refused.value.param == "tools[0].function.parameters.type"


NAMED: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "integer", "maximum": 9}}, "required": ["a"]}


@pytest.mark.parametrize(
    "parameters",
    [
        {"description": "Anything"},
        {"type": ["object", "null"], **{name: NAMED[name] for name in ("properties", "required")}},
        {"anyOf": [NAMED, {"type": "object", "properties": {"b": {"type": "boolean"}}, "required": ["b"]}]},
        {"$ref": "#/$defs/named", "$defs": {"named": NAMED}},
    ],
)
def test_forced_arguments_are_an_object_whatever_the_schema_leaves_open(
    random_client: openai.OpenAI, model: str, parameters: dict[str, Any]
) -> None:
    tool: Any = {"type": "function", "function": {"name": "x", "parameters": parameters}}
    answer = random_client.chat.completions.create(
        model=model, messages=ASK, tools=[tool], tool_choice="required", parallel_tool_calls=False, seed=1
    )
    [call] = answer.choices[0].message.tool_calls or []
    assert call.type == "function"
    arguments = json.loads(call.function.arguments)
    assert isinstance(arguments, dict)
    jsonschema.validate(arguments, parameters)
