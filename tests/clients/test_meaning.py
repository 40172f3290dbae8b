"""What `tiny` says through the OpenAI client: the right tool and argument, the name, a thought before the answer."""

import json
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionMessageFunctionToolCall
from pydantic import BaseModel

Messages = list[Any]


def tool(name: str, description: str, **parameters: str) -> Any:
    properties = {key: {"type": kind} for key, kind in parameters.items()}
    schema = {"type": "object", "properties": properties, "required": list(parameters)}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}


WEATHER = tool("get_weather", "Get the current weather in a city", city="string")
TIME = tool("get_time", "Get the current time in a city", city="string")
MAIL = tool("send_email", "Send an email", to="string", subject="string")
TOOLS = [WEATHER, TIME, MAIL]


def say(client: openai.OpenAI, messages: Messages, **more: Any) -> Any:
    return client.chat.completions.create(model="tiny", messages=messages, max_tokens=200, **more).choices[0]


def calls(message: Any) -> list[tuple[str, Any]]:
    assert all(isinstance(call, ChatCompletionMessageFunctionToolCall) for call in message.tool_calls)
    return [(call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls]


def user(text: str) -> Any:
    return {"role": "user", "content": text}


@pytest.mark.parametrize(
    ("question", "call"),
    [
        ("What is the weather like in Reykjavik?", ("get_weather", {"city": "Reykjavik"})),
        ("What time is it in Tokyo?", ("get_time", {"city": "Tokyo"})),
    ],
)
def test_the_right_tool_is_called_with_the_right_argument(
    client: openai.OpenAI, question: str, call: tuple[str, Any]
) -> None:
    choice = say(client, [user(question)], tools=TOOLS)
    assert choice.finish_reason == "tool_calls"
    assert calls(choice.message) == [call]


def test_a_stream_calls_the_same(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(
        model="tiny", messages=[user("What's the weather in Paris and Rome?")], tools=TOOLS, max_tokens=200
    ) as stream:
        done = [event.arguments for event in stream if event.type == "tool_calls.function.arguments.done"]
        final = stream.get_final_completion().choices[0]
    assert [json.loads(arguments) for arguments in done] == [{"city": "Paris"}, {"city": "Rome"}]
    assert calls(final.message) == [("get_weather", {"city": "Paris"}), ("get_weather", {"city": "Rome"})]


def test_where_one_call_is_wanted_there_is_one(client: openai.OpenAI) -> None:
    choice = say(client, [user("What's the weather in Paris and Rome?")], tools=TOOLS, parallel_tool_calls=False)
    assert choice.finish_reason == "tool_calls"
    assert calls(choice.message) == [("get_weather", {"city": "Paris"})]


@pytest.mark.parametrize("stop", ["Oslo", "city", '"}'])
def test_no_stop_sequence_cuts_a_call_off(client: openai.OpenAI, stop: str) -> None:
    choice = say(client, [user("What's the weather in Oslo?")], tools=TOOLS, stop=stop)
    assert choice.finish_reason == "tool_calls"
    assert calls(choice.message) == [("get_weather", {"city": "Oslo"})]


def test_beside_tools_a_stop_sequence_ends_the_text(client: openai.OpenAI) -> None:
    choice = say(client, [user("Hello!")], tools=TOOLS, stop=["can"])
    assert (choice.message.content, choice.finish_reason) == ("Hello! How ", "stop")


@pytest.mark.weights
def test_the_answer_tells_what_the_tool_found(client: openai.OpenAI) -> None:
    messages: Messages = [user("What's the weather in Paris?")]
    called = say(client, messages, tools=TOOLS).message
    result = {
        "role": "tool",
        "tool_call_id": called.tool_calls[0].id,
        "content": '{"temperature": 21, "sky": "clear"}',
    }
    answer = say(client, [*messages, called, result], tools=TOOLS)
    assert answer.finish_reason == "stop"
    assert "21" in answer.message.content
    assert "clear" in answer.message.content


@pytest.mark.weights
def test_no_tool_is_called_where_none_is_needed(client: openai.OpenAI) -> None:
    choice = say(client, [user("Why is the sky blue?")], tools=TOOLS)
    assert choice.message.tool_calls is None
    assert "light" in choice.message.content


@pytest.mark.weights
@pytest.mark.parametrize("name", ["Anna", "Bob"])
def test_a_name_is_remembered_over_turns(client: openai.OpenAI, name: str) -> None:
    messages: Messages = [user(f"My name is {name}.")]
    messages += [say(client, messages).message, user("What is the capital of France?")]
    messages += [say(client, messages).message, user("What is my name?")]
    assert "Paris" in messages[3].content
    assert name in say(client, messages).message.content


def test_it_thinks_and_then_answers(client: openai.OpenAI) -> None:
    choice = say(client, [user("What is 7 + 5?")], reasoning_effort="low")
    assert choice.finish_reason == "stop"
    assert choice.message.reasoning
    assert "think" not in choice.message.content
    assert choice.message.content.startswith("7 + 5 =")


class Person(BaseModel):
    """What is asked for."""

    name: str
    age: int
    city: str


@pytest.mark.weights
def test_a_person_is_read_from_a_sentence(client: openai.OpenAI) -> None:
    question = user("Extract the person: Anna is 34 years old and lives in Paris.")
    completion = client.chat.completions.parse(model="tiny", messages=[question], response_format=Person)
    assert completion.choices[0].message.parsed == Person(name="Anna", age=34, city="Paris")
