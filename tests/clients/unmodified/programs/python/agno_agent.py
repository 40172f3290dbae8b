"""Agno: agents on OpenAI's chat and responses."""

from agno.agent import Agent
from agno.models.openai import OpenAIChat, OpenAIResponses
from agno.models.openai.like import OpenAILike
from pydantic import BaseModel
from uses import ANSWER, ASK, BASE_URL, KEY, MODEL, use

place = {"id": MODEL, "base_url": BASE_URL, "api_key": KEY}
MODELS = [lambda: OpenAIChat(**place), lambda: OpenAILike(**place), lambda: OpenAIResponses(**place)]


class Person(BaseModel):
    name: str
    age: int


def add(a: int, b: int) -> int:
    """The sum of two numbers."""
    return a + b


@use
def chat():
    for model in MODELS:
        assert Agent(model=model()).run(ASK).content == ANSWER, model()


@use
def stream():
    for model in MODELS:
        assert "".join(
            event.content or "" for event in Agent(model=model()).run(ASK, stream=True) if hasattr(event, "content")
        )


@use
def tools():
    for model in MODELS:
        assert Agent(model=model(), tools=[add]).run("Add 2 and 3.").content


@use
def structured_output():
    for model in MODELS:
        assert isinstance(Agent(model=model(), output_schema=Person).run(ASK).content, Person)


@use
async def asynchronous():
    assert (await Agent(model=MODELS[0]()).arun(ASK)).content == ANSWER
