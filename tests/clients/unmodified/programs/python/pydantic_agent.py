"""Pydantic AI: agents on chat completions and on responses."""

from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.ollama import OllamaProvider
from pydantic_ai.providers.openai import OpenAIProvider
from uses import ANSWER, ASK, BASE_URL, KEY, MODEL, use

provider = OpenAIProvider(base_url=BASE_URL, api_key=KEY)
models = [
    OpenAIChatModel(MODEL, provider=provider),
    OpenAIResponsesModel(MODEL, provider=provider),
    OpenAIChatModel(MODEL, provider=OllamaProvider(base_url=BASE_URL)),
]


class Person(BaseModel):
    name: str
    age: int


@use
def chat():
    for model in models:
        assert Agent(model).run_sync(ASK).output == ANSWER


@use
async def stream():
    for model in models:
        async with Agent(model).run_stream(ASK) as result:
            assert [piece async for piece in result.stream_text()][-1] == ANSWER


@use
def structured_output():
    for model in models:
        for output in (Person, NativeOutput(Person)):
            assert isinstance(Agent(model, output_type=output).run_sync(ASK).output, Person), (model, output)


@use
def tools():
    for model in models:
        agent = Agent(model, instructions="You add.")

        @agent.tool_plain
        def add(a: int, b: int) -> int:
            """The sum of two numbers."""
            return a + b

        result = agent.run_sync("Add 2 and 3.")
        assert agent.run_sync("Again.", message_history=result.all_messages()).output
