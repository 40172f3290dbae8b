"""CrewAI: a model, a crew of one agent, structured output."""

import os

os.environ["CREWAI_DISABLE_TELEMETRY"] = os.environ["OTEL_SDK_DISABLED"] = "true"
from crewai import LLM, Agent, Crew, Task
from crewai.tools import tool
from pydantic import BaseModel
from uses import ANSWER, ASK, BASE_URL, KEY, MODEL, use


class Person(BaseModel):
    name: str
    age: int


@tool
def add(a: int, b: int) -> int:
    """The sum of two numbers."""
    return a + b


def model(**fields):
    return LLM(model=f"openai/{MODEL}", base_url=BASE_URL, api_key=KEY, max_tokens=200, **fields)


def crew(**fields):
    agent = Agent(
        role="helper", goal="help", backstory="You help.", llm=model(), max_iter=2, tools=fields.pop("tools", [])
    )
    task = Task(description=ASK, expected_output="A sentence.", agent=agent, **fields)
    return Crew(agents=[agent], tasks=[task]).kickoff()


@use
def chat():
    assert model().call([{"role": "user", "content": ASK}]) == ANSWER


@use
def stream():
    assert model(stream=True).call([{"role": "user", "content": ASK}]) == ANSWER


@use
def crew_of_one():
    assert crew().raw


@use
def tools():
    assert crew(tools=[add]).raw


@use
def structured_output():
    assert isinstance(model(response_format=Person).call([{"role": "user", "content": ASK}]), Person | str)
