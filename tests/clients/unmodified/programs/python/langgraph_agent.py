"""LangGraph: an agent with a tool, whole and streamed."""

from langchain.agents import create_agent
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from uses import BASE_URL, KEY, MODEL, use


@tool
def add(a: int, b: int) -> int:
    """The sum of two numbers."""
    return a + b


model = ChatOpenAI(model=MODEL, base_url=BASE_URL, api_key=KEY, max_tokens=200)
agent = create_agent(model, [add], system_prompt="You add.")
ask = {"messages": [{"role": "user", "content": "Add 2 and 3."}]}


@use
def agent_loop():
    kinds = [message.type for message in agent.invoke(ask)["messages"]]
    assert kinds == ["human", "ai", "tool", "ai"], kinds


@use
def streamed_agent():
    assert [*agent.stream(ask, stream_mode="messages")]


@use
async def asynchronous():
    assert (await agent.ainvoke(ask))["messages"][-1].content
