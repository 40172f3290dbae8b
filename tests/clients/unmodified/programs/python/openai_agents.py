"""OpenAI's agents, on responses and on chat completions."""

from agents import (
    Agent,
    ModelSettings,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Runner,
    SQLiteSession,
    function_tool,
    handoff,
    set_tracing_disabled,
)
from openai import AsyncOpenAI
from pydantic import BaseModel
from uses import ANSWER, ASK, MODEL, use

set_tracing_disabled(True)
MODELS = OpenAIResponsesModel, OpenAIChatCompletionsModel
settings = ModelSettings(max_tokens=300)


class Person(BaseModel):
    name: str
    age: int


@function_tool
def add(a: int, b: int) -> int:
    """The sum of two numbers."""
    return a + b


def agent(kind, **fields):
    return Agent(name="helper", model=kind(MODEL, AsyncOpenAI()), model_settings=settings, **fields)


@use
async def chat():
    for kind in MODELS:
        assert (await Runner.run(agent(kind), ASK)).final_output == ANSWER


@use
async def tools():
    for kind in MODELS:
        result = await Runner.run(agent(kind, tools=[add]), "Add 2 and 3.")
        assert len(result.raw_responses) == 2
        again = [*result.to_input_list(), {"role": "user", "content": "Thanks."}]
        assert (await Runner.run(agent(kind, tools=[add]), again)).final_output


@use
async def structured_output():
    for kind in MODELS:
        assert isinstance((await Runner.run(agent(kind, output_type=Person), ASK)).final_output, Person)


@use
async def stream():
    for kind in MODELS:
        result = Runner.run_streamed(agent(kind, tools=[add]), "Add 2 and 3.")
        assert [event.type async for event in result.stream_events()]


@use
async def handoffs():
    for kind in MODELS:
        other = agent(kind)
        first = Agent(
            name="first", model=kind(MODEL, AsyncOpenAI()), model_settings=settings, handoffs=[handoff(other)]
        )
        assert (await Runner.run(first, ASK)).last_agent.name == "helper"


@use
async def sessions():
    for kind in MODELS:
        session = SQLiteSession("a")
        for _ in range(2):
            assert (await Runner.run(agent(kind), ASK, session=session)).final_output
