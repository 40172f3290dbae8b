"""The `openai-agents` package, as its users have it, on the Responses API."""

import os

import pytest
from agents import Agent, ModelSettings, OpenAIResponsesModel, Runner, function_tool, set_tracing_disabled

from tests.server import RunningServer

pytestmark = pytest.mark.skipif(
    not os.environ.get("PUNA_TEST_TRAINED"), reason="needs the trained tiny: PUNA_TEST_TRAINED=1"
)


async def test_an_agent_calls_two_tools_and_remembers(server: RunningServer) -> None:
    set_tracing_disabled(True)
    called: list[str] = []

    @function_tool
    def get_weather(city: str) -> str:
        """The weather in a city."""
        called.append("get_weather")
        return f"It is sunny in {city}."

    @function_tool
    def add(a: int, b: int) -> int:
        """The sum of two numbers."""
        called.append("add")
        return a + b

    agent = Agent(
        name="helper",
        instructions="You are a helpful assistant.",
        model=OpenAIResponsesModel("tiny", server.async_client()),
        model_settings=ModelSettings(temperature=0, max_tokens=300),
        tools=[get_weather, add],
    )
    first = await Runner.run(agent, "What is the weather in Paris?")
    assert called == ["get_weather"]
    second = await Runner.run(agent, "Add 2 and 3.", previous_response_id=first.last_response_id)
    assert called == ["get_weather", "add"]
    assert "5" in str(second.final_output)
