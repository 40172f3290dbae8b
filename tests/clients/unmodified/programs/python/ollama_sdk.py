"""The `ollama` package: everything that its examples do."""

import ollama
from pydantic import BaseModel
from uses import ANSWER, ASK, MODEL, use

messages = [{"role": "user", "content": ASK}]


class Person(BaseModel):
    name: str
    age: int


def add(a: int, b: int) -> int:
    """The sum of two numbers.

    Args:
        a: one
        b: the other
    """
    return a + b


@use
def chat():
    assert ollama.chat(MODEL, messages).message.content == ANSWER


@use
def stream():
    assert "".join(row.message.content for row in ollama.chat(MODEL, messages, stream=True)) == ANSWER


@use
def generate():
    assert ollama.generate(MODEL, "Once", options={"num_predict": 5}).response
    assert ollama.generate(MODEL, "Once", raw=True, options={"num_predict": 5}).response


@use
def tools():
    answer = ollama.chat(MODEL, messages, tools=[add])
    [call] = answer.message.tool_calls
    more = [*messages, answer.message, {"role": "tool", "tool_name": call.function.name, "content": "5"}]
    assert ollama.chat(MODEL, more, tools=[add]).message.content


@use
def structured_output():
    answer = ollama.chat(MODEL, messages, format=Person.model_json_schema(), options={"num_predict": 200})
    assert Person.model_validate_json(answer.message.content)


@use
def embeddings():
    assert len(ollama.embed(MODEL, ["one", "two"]).embeddings) == 2
    assert ollama.embed(MODEL, "one", truncate=True).embeddings
    assert ollama.embeddings(MODEL, "one").embedding


@use
def models():
    ollama.pull(MODEL)
    assert [*ollama.pull(MODEL, stream=True)][-1].status == "success"
    ollama.create("other", from_=MODEL, system="Be kind.")
    ollama.copy("other", "another")
    assert ollama.show("another").capabilities
    ollama.delete("another")
    ollama.delete("other")
    assert MODEL in [model.model.split(":")[0] for model in ollama.list().models]
    assert ollama.ps().models


@use
async def asynchronous():
    client = ollama.AsyncClient()
    assert (await client.chat(MODEL, messages)).message.content == ANSWER
    rows = await client.chat(MODEL, messages, stream=True)
    assert "".join([row.message.content async for row in rows]) == ANSWER


@use
def errors():
    status = None
    try:
        ollama.chat("missing", messages)
    except ollama.ResponseError as error:
        status = error.status_code
    assert status == 404
