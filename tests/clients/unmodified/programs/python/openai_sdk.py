"""The `openai` package: chat, streams, helpers that parse, tools, responses, embeddings."""

import base64

import openai
from pydantic import BaseModel
from uses import ANSWER, ASK, MODEL, use

client = openai.OpenAI()
completions = client.chat.completions
if not hasattr(completions, "parse"):
    completions = client.beta.chat.completions
messages = [{"role": "user", "content": ASK}]


class Add(BaseModel):
    """The sum of two numbers."""

    a: int
    b: int


class Person(BaseModel):
    name: str
    age: int


@use
def chat():
    assert client.chat.completions.create(model=MODEL, messages=messages).choices[0].message.content == ANSWER


@use
def stream():
    chunks = client.chat.completions.create(
        model=MODEL, messages=messages, stream=True, stream_options={"include_usage": True}
    )
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == ANSWER


def parse(**fields):
    completions = (
        client.chat.completions if hasattr(client.chat.completions, "parse") else client.beta.chat.completions
    )
    return completions.parse(model=MODEL, max_tokens=200, **fields)


@use
def structured_output():
    message = parse(messages=messages, response_format=Person).choices[0].message
    assert isinstance(message.parsed, Person)
    more = [*messages, message, {"role": "user", "content": "And another."}]
    assert parse(messages=more, response_format=Person).choices[0].message.parsed


@use
def tools():
    tool = openai.pydantic_function_tool(Add)
    message = parse(messages=messages, tools=[tool]).choices[0].message
    [call] = message.tool_calls
    assert isinstance(call.function.parsed_arguments, Add)
    result = {"role": "tool", "tool_call_id": call.id, "content": "5"}
    assert parse(messages=[*messages, message, result], tools=[tool]).choices[0].message.content


@use
def stream_helper():
    completions = (
        client.chat.completions if hasattr(client.chat.completions, "stream") else client.beta.chat.completions
    )
    with completions.stream(model=MODEL, messages=messages) as stream:
        deltas = [event.delta for event in stream if event.type == "content.delta"]
        final = stream.get_final_completion()
    assert "".join(deltas) == ANSWER
    again = [*messages, final.choices[0].message, *messages]
    assert client.chat.completions.create(model=MODEL, messages=again).choices[0].message.content


@use
def responses():
    first = client.responses.create(model=MODEL, input=ASK)
    assert first.output_text == ANSWER
    assert client.responses.create(model=MODEL, input=ASK, previous_response_id=first.id).output_text
    parsed = client.responses.parse(model=MODEL, input=ASK, text_format=Person, max_output_tokens=200)
    assert isinstance(parsed.output_parsed, Person)
    more = [{"role": "user", "content": ASK}, *parsed.output, {"role": "user", "content": "And another."}]
    assert client.responses.create(model=MODEL, input=more).output_text


@use
def responses_stream():
    with client.responses.stream(model=MODEL, input=ASK) as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
        assert "".join(deltas) == stream.get_final_response().output_text == ANSWER


@use
def embeddings():
    vectors = client.embeddings.create(model=MODEL, input=["one", "two"]).data
    assert len(vectors) == 2
    assert len(vectors[0].embedding) > 10


@use
def text_completions():
    assert client.completions.create(model=MODEL, prompt="Once", max_tokens=5).choices[0].text


@use
def files_in_messages():
    text = base64.b64encode(b"A test.").decode()
    part = {"type": "file", "file": {"filename": "a.txt", "file_data": f"data:text/plain;base64,{text}"}}
    content = [{"type": "text", "text": ASK}, part]
    assert client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": content}])


@use
async def asynchronous():
    other = openai.AsyncOpenAI()
    answer = await other.chat.completions.create(model=MODEL, messages=messages)
    assert answer.choices[0].message.content == ANSWER
    chunks = await other.chat.completions.create(model=MODEL, messages=messages, stream=True)
    assert "".join([chunk.choices[0].delta.content or "" async for chunk in chunks]) == ANSWER


@use
def errors():
    code = None
    try:
        client.chat.completions.create(model="missing", messages=messages)
    except openai.NotFoundError as error:
        code = error.code
    assert code == "model_not_found"
