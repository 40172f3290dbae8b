"""What the `openai` package's own objects dump is taken as history, with all null and derived fields they have."""

from typing import Any

import openai
import pytest
from pydantic import BaseModel

from puna.core.messages import Message, Text, ToolCall
from tests.scripted import ScriptedServer

ASK: Any = {"role": "user", "content": "Hello"}
SAID = Message(role="user", content=(Text("Hello"),))


class Person(BaseModel):
    """A person."""

    name: str


JSON = '{"name": "Ada"}'
TOOL: Any = openai.pydantic_function_tool(Person)


@pytest.fixture
def client(scripted: ScriptedServer) -> openai.OpenAI:
    return scripted.client()


def forms(dumped: Any) -> list[Any]:
    """The ways in which programs give an object back."""
    return [dumped, dumped.model_dump(), dumped.model_dump(exclude_unset=True), dumped.model_dump(mode="json")]


def test_a_parsed_answer(scripted: ScriptedServer, client: openai.OpenAI) -> None:
    scripted.script.say(JSON, thinking=["Hm."])
    parsed = client.chat.completions.parse(model="plain", messages=[ASK], response_format=Person)
    assert parsed.choices[0].message.parsed == Person(name="Ada")
    for form in forms(parsed.choices[0].message):
        client.chat.completions.create(model="plain", messages=[ASK, form, ASK])
        answer = Message(role="assistant", content=(Text(JSON),), reasoning="Hm.")
        assert scripted.script.request.messages == (SAID, answer, SAID)


def test_a_parsed_call(scripted: ScriptedServer, client: openai.OpenAI) -> None:
    scripted.script.call("Person", JSON)
    parsed = client.chat.completions.parse(model="plain", messages=[ASK], tools=[TOOL])
    message = parsed.choices[0].message
    assert message.tool_calls
    assert message.tool_calls[0].function.parsed_arguments == Person(name="Ada")
    result: Any = {"role": "tool", "tool_call_id": "call_1", "content": "Yes."}
    for form in forms(message):
        client.chat.completions.create(model="plain", messages=[ASK, form, result])
        assert scripted.script.request.messages[1].tool_calls == (ToolCall("call_1", "Person", JSON),)


def test_a_streamed_call(scripted: ScriptedServer, client: openai.OpenAI) -> None:
    scripted.script.call("Person", JSON)
    with client.chat.completions.stream(model="plain", messages=[ASK], tools=[TOOL]) as stream:
        message = stream.get_final_completion().choices[0].message
    result: Any = {"role": "tool", "tool_call_id": "call_1", "content": "Yes."}
    for form in forms(message):
        client.chat.completions.create(model="plain", messages=[ASK, form, result])
        assert scripted.script.request.messages[1].tool_calls == (ToolCall("call_1", "Person", JSON),)


def test_a_parsed_response(scripted: ScriptedServer, client: openai.OpenAI) -> None:
    scripted.script.say(JSON, thinking=["Hm."])
    parsed = client.responses.parse(model="plain", input=[ASK], text_format=Person)
    assert parsed.output_parsed == Person(name="Ada")
    for number in range(4):
        given: Any = [ASK, *[forms(item)[number] for item in parsed.output], ASK]
        client.responses.create(model="plain", input=given)
        answer = Message(role="assistant", content=(Text(JSON),), reasoning="Hm.")
        assert scripted.script.request.messages == (SAID, answer, SAID)


def test_a_response_with_a_call(scripted: ScriptedServer, client: openai.OpenAI) -> None:
    scripted.script.call("Person", JSON)
    tool: Any = {"type": "function", "name": "Person", "parameters": Person.model_json_schema(), "strict": False}
    parsed = client.responses.parse(model="plain", input=[ASK], tools=[tool])
    result = {"type": "function_call_output", "call_id": "call_1", "output": "Yes."}
    for number in range(4):
        given: Any = [ASK, *[forms(item)[number] for item in parsed.output], result]
        client.responses.create(model="plain", input=given)
        assert scripted.script.request.messages[1].tool_calls == (ToolCall("call_1", "Person", JSON),)


def test_an_answer_as_openai_itself_writes_it(scripted: ScriptedServer, client: openai.OpenAI) -> None:
    message: Any = {
        "role": "assistant",
        "content": "Yes.",
        "refusal": None,
        "annotations": [],
        "audio": None,
        "function_call": None,
        "tool_calls": None,
        "parsed": None,
        "id": "chatcmpl-1",
    }
    calls: Any
    for calls in (None, []):  # some libraries write an empty list for no call
        message["tool_calls"] = calls
        client.chat.completions.create(model="plain", messages=[ASK, message, ASK])
        assert scripted.script.request.messages[1] == Message(role="assistant", content=(Text("Yes."),))
    client.chat.completions.create(model="plain", messages=[ASK, message, ASK])
    assert scripted.script.request.messages[1] == Message(role="assistant", content=(Text("Yes."),))
