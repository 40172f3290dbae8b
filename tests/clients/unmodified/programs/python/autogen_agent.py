"""AutoGen: an agent with a tool, a team, structured output."""

from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.conditions import MaxMessageTermination
from autogen_agentchat.teams import RoundRobinGroupChat
from autogen_core.models import ModelFamily, UserMessage
from autogen_ext.models.openai import OpenAIChatCompletionClient
from pydantic import BaseModel
from uses import ANSWER, ASK, BASE_URL, KEY, MODEL, use


class Person(BaseModel):
    name: str
    age: int


def add(a: int, b: int) -> int:
    """The sum of two numbers."""
    return a + b


def client():
    info = {
        "vision": False,
        "function_calling": True,
        "json_output": True,
        "structured_output": True,
        "family": ModelFamily.UNKNOWN,
    }
    return OpenAIChatCompletionClient(model=MODEL, base_url=BASE_URL, api_key=KEY, model_info=info, max_tokens=200)


@use
async def chat():
    assert (await client().create([UserMessage(content=ASK, source="user")])).content == ANSWER


@use
async def stream():
    pieces = [piece async for piece in client().create_stream([UserMessage(content=ASK, source="user")])]
    assert pieces[-1].content == ANSWER


@use
async def structured_output():
    answer = await client().create([UserMessage(content=ASK, source="user")], json_output=Person)
    assert Person.model_validate_json(answer.content)


@use
async def agent():
    agent = AssistantAgent("helper", client(), tools=[add], reflect_on_tool_use=True)
    assert (await agent.run(task="Add 2 and 3.")).messages[-1].content


@use
async def team():
    agents = [AssistantAgent("first", client()), AssistantAgent("second", client())]
    found = await RoundRobinGroupChat(agents, termination_condition=MaxMessageTermination(4)).run(task=ASK)
    assert len(found.messages) == 4
