"""instructor, in each of its modes for OpenAI's API."""

import instructor
import openai
from pydantic import BaseModel, Field
from uses import ASK, BASE_URL, KEY, MODEL, use


class Person(BaseModel):
    name: str = Field(max_length=20)
    age: int = Field(ge=0, le=120)


def ask(mode, kind=openai.OpenAI, **fields):
    client = instructor.from_openai(kind(base_url=BASE_URL, api_key=KEY), mode=mode)
    fields = {"response_model": Person, "max_tokens": 200, "max_retries": 3, **fields}
    return client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": ASK}], **fields)


@use
def tools():
    assert isinstance(ask(instructor.Mode.TOOLS), Person)


@use
def strict_tools():
    assert isinstance(ask(instructor.Mode.TOOLS_STRICT), Person)


@use
def json_schema():
    assert isinstance(ask(instructor.Mode.JSON_SCHEMA), Person)


@use
def partial_stream():
    assert [*ask(instructor.Mode.TOOLS, response_model=instructor.Partial[Person], stream=True)][-1].name is not None


@use
def several():
    assert all(isinstance(one, Person) for one in ask(instructor.Mode.TOOLS, response_model=list[Person]))


@use
async def asynchronous():
    assert isinstance(await ask(instructor.Mode.TOOLS, openai.AsyncOpenAI), Person)


@use
def from_provider():
    client = instructor.from_provider(f"ollama/{MODEL}", base_url=BASE_URL, mode=instructor.Mode.TOOLS)
    messages = [{"role": "user", "content": ASK}]
    assert isinstance(client.create(response_model=Person, messages=messages, max_retries=3, max_tokens=200), Person)
