"""The `anthropic` package: messages, streams, thinking, tools and their runner, parsed answers, counting, models."""

import anthropic
from pydantic import BaseModel
from uses import ANSWER, ASK, KEY, MODEL, URL, use

client = anthropic.Anthropic(base_url=URL, api_key=KEY)
messages = [{"role": "user", "content": ASK}]
ADD = {
    "name": "add",
    "description": "The sum of two numbers.",
    "input_schema": {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a", "b"],
    },
}


class Person(BaseModel):
    name: str
    age: int


def create(**fields):
    return client.messages.create(**{"model": MODEL, "max_tokens": 200, "messages": messages, **fields})


@use
def chat():
    answer = create(system=[{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}}])
    assert answer.content[0].text == ANSWER
    assert answer.stop_reason == "end_turn"
    stopped = create(stop_sequences=[" test"])
    assert (stopped.stop_reason, stopped.stop_sequence) == ("stop_sequence", " test")
    assert create(extra_body={"temperature": 0.0, "top_k": 1}).content[0].text == ANSWER


@use
def stream():
    with client.messages.stream(model=MODEL, max_tokens=200, messages=messages) as stream:
        assert "".join(stream.text_stream) == ANSWER
        assert stream.get_final_message().usage.output_tokens
    assert [event.type for event in create(stream=True)][-1] == "message_stop"


@use
def thinking():
    asked = {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 1500}
    answer = create(**asked)
    assert answer.content[0].type == "thinking"
    again = [*messages, {"role": "assistant", "content": answer.content}, *messages]
    assert create(**asked, messages=again).content


@use
def tools():
    answer = create(tools=[ADD], tool_choice={"type": "any"})
    [call] = [block for block in answer.content if block.type == "tool_use"]
    assert set(call.input) == {"a", "b"}
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "5"}
    said = [*messages, {"role": "assistant", "content": answer.content}, {"role": "user", "content": [result]}]
    assert create(tools=[ADD], messages=said).content


@use
def tool_runner():
    called = []

    @anthropic.beta_tool
    def add(a: int, b: int) -> str:
        """The sum of two numbers."""
        called.append((a, b))
        return str(a + b)

    runner = client.beta.messages.tool_runner(model=MODEL, max_tokens=200, tools=[add], messages=messages)
    assert runner.until_done().content
    assert called


@use
def structured_output():
    answer = client.messages.parse(model=MODEL, max_tokens=200, messages=messages, output_format=Person)
    assert isinstance(answer.parsed_output, Person)
    again = [*messages, {"role": "assistant", "content": answer.content}, *messages]
    assert client.messages.parse(model=MODEL, max_tokens=200, messages=again, output_format=Person).parsed_output


@use
def counting_and_models():
    assert client.messages.count_tokens(model=MODEL, messages=messages).input_tokens > 5
    assert f"{MODEL}:latest" in [model.id for model in client.models.list()]
    assert client.models.retrieve(MODEL).id == MODEL


@use
async def asynchronous():
    other = anthropic.AsyncAnthropic(base_url=URL, auth_token=KEY)
    answer = await other.messages.create(model=MODEL, max_tokens=200, messages=messages)
    assert answer.content[0].text == ANSWER
    async with other.messages.stream(model=MODEL, max_tokens=200, messages=messages) as stream:
        assert "".join([text async for text in stream.text_stream]) == ANSWER


@use
def errors():
    kind = None
    try:
        create(model="missing")
    except anthropic.NotFoundError as error:
        kind = error.body["error"]["type"]
    assert kind == "not_found_error"
