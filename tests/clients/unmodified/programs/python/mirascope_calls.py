"""Mirascope: calls, streams, tools, formats."""

from mirascope import llm
from pydantic import BaseModel
from uses import ANSWER, ASK, BASE_URL, KEY, MODEL, use

llm.register_provider("openai:completions", scope="local/", base_url=BASE_URL, api_key=KEY)
NAME = f"local/{MODEL}"


class Person(BaseModel):
    name: str
    age: int


@llm.tool
def add(a: int, b: int) -> int:
    """The sum of two numbers."""
    return a + b


@use
def chat():
    @llm.call(NAME)
    def ask():
        return ASK

    assert ask().text() == ANSWER
    assert "".join(ask.stream().text_stream()).strip() == ANSWER


@use
def tools():
    @llm.call(NAME, tools=[add])
    def ask():
        return "Add 2 and 3."

    response = ask()
    assert response.tool_calls
    assert response.resume(response.execute_tools()).text()


@use
def structured_output():
    @llm.call(NAME, format=Person)
    def ask():
        return ASK

    assert isinstance(ask().parse(), Person)
