"""Semantic Kernel: chat, functions, structured output, on OpenAI's API and Ollama's."""

from openai import AsyncOpenAI
from pydantic import BaseModel
from semantic_kernel import Kernel
from semantic_kernel.agents import ChatCompletionAgent
from semantic_kernel.connectors.ai.function_choice_behavior import FunctionChoiceBehavior
from semantic_kernel.connectors.ai.open_ai import (
    OpenAIChatCompletion,
    OpenAIChatPromptExecutionSettings,
    OpenAITextEmbedding,
)
from semantic_kernel.contents import ChatHistory
from semantic_kernel.functions import kernel_function
from uses import ASK, MODEL, use

service = OpenAIChatCompletion(ai_model_id=MODEL, async_client=AsyncOpenAI())


class Person(BaseModel):
    name: str
    age: int


class Sums:
    @kernel_function(description="The sum of two numbers.")
    def add(self, a: int, b: int) -> int:
        return a + b


def history():
    found = ChatHistory(system_message="Be kind.")
    found.add_user_message(ASK)
    return found


@use
async def chat():
    settings = OpenAIChatPromptExecutionSettings(max_tokens=100)
    assert str(await service.get_chat_message_content(history(), settings))


@use
async def stream():
    settings = OpenAIChatPromptExecutionSettings()
    assert [piece async for piece in service.get_streaming_chat_message_content(history(), settings)]


@use
async def structured_output():
    settings = OpenAIChatPromptExecutionSettings(response_format=Person, max_tokens=200)
    assert Person.model_validate_json(str(await service.get_chat_message_content(history(), settings)))


@use
async def functions():
    kernel = Kernel()
    kernel.add_plugin(Sums(), "sums")
    settings = OpenAIChatPromptExecutionSettings(function_choice_behavior=FunctionChoiceBehavior.Auto())
    assert str(await service.get_chat_message_content(history(), settings, kernel=kernel))


@use
async def agent():
    agent = ChatCompletionAgent(service=service, name="helper", instructions="You add.", plugins=[Sums()])
    assert str(await agent.get_response(messages=ASK))


@use
async def embeddings():
    vectors = OpenAITextEmbedding(ai_model_id=MODEL, async_client=AsyncOpenAI())
    assert len(await vectors.generate_embeddings(["one", "two"])) == 2
