"""An agent of the `openai-agents` package. Its import takes a second: only tests that need it import this."""

from dataclasses import replace
from typing import Any, Literal

from agents import (
    Agent,
    AgentHooks,
    ModelSettings,
    OpenAIResponsesModel,
    Tool,
    function_tool,
    set_tracing_disabled,
)

from tests.server import RunningServer

set_tracing_disabled(True)


class Calls(AgentHooks[Any]):
    """What an agent called. After each call the model has to answer in words, so that any model comes to an end."""

    def __init__(self, *, then_words: bool) -> None:
        self.names: list[str] = []
        self._then_words = then_words

    async def on_tool_end(self, context: Any, agent: Agent[Any], tool: Tool, result: object) -> None:
        self.names.append(tool.name)
        if self._then_words:
            agent.model_settings = replace(agent.model_settings, tool_choice="none")


def helper(server: RunningServer, calls: Calls, tool_choice: str | None = None) -> Agent[Any]:
    """An agent with two tools that begins with the chosen one."""

    @function_tool
    def get_weather(city: Literal["Paris", "Rome"]) -> str:
        """The weather in a city."""
        return f"It is sunny in {city}."

    @function_tool
    def add(a: int, b: int) -> int:
        """The sum of two numbers."""
        return a + b

    return Agent(
        name="helper",
        instructions="You are a helpful assistant.",
        model=OpenAIResponsesModel("tiny", server.async_client()),
        model_settings=ModelSettings(
            temperature=0, max_tokens=300, tool_choice=tool_choice, parallel_tool_calls=False
        ),
        tools=[get_weather, add],
        hooks=calls,
        reset_tool_choice=False,
    )
