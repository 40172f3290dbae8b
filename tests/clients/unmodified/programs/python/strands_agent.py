"""Strands Agents, on OpenAI's API and on Ollama's."""

from pydantic import BaseModel
from strands import Agent, tool
from strands.models.ollama import OllamaModel
from strands.models.openai import OpenAIModel
from uses import ASK, BASE_URL, KEY, MODEL, URL, use

MODELS = (
    OpenAIModel(client_args={"base_url": BASE_URL, "api_key": KEY}, model_id=MODEL, params={"max_tokens": 200}),
    OllamaModel(URL, model_id=MODEL, max_tokens=200),
)


class Person(BaseModel):
    """A person."""

    name: str
    age: int


@tool
def add(a: int, b: int) -> int:
    """The sum of two numbers."""
    return a + b


def agent(model, **fields):
    return Agent(model=model, callback_handler=None, **fields)


@use
def chat():
    for model in MODELS:
        assert "test" in str(agent(model)(ASK))


@use
def tools():
    for model in MODELS:
        assert str(agent(model, tools=[add])("Add 2 and 3.")) is not None


@use
def structured_output():
    for model in MODELS:
        assert isinstance(agent(model)(ASK, structured_output_model=Person).structured_output, Person)


@use
async def stream():
    for model in MODELS:
        assert [event async for event in agent(model).stream_async(ASK)]
