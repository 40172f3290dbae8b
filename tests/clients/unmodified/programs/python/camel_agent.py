"""CAMEL: an agent with a tool, on OpenAI's API and on Ollama's."""

from camel.agents import ChatAgent
from camel.models import ModelFactory
from camel.toolkits import FunctionTool
from camel.types import ModelPlatformType
from pydantic import BaseModel
from uses import ANSWER, ASK, BASE_URL, KEY, MODEL, use


class Person(BaseModel):
    name: str
    age: int


def add(a: int, b: int) -> int:
    """The sum of two numbers.

    Args:
        a (int): one
        b (int): the other
    """
    return a + b


def model(platform=ModelPlatformType.OPENAI_COMPATIBLE_MODEL):
    return ModelFactory.create(platform, MODEL, url=BASE_URL, api_key=KEY, model_config_dict={"max_tokens": 200})


@use
def chat():
    assert ChatAgent("Be kind.", model=model()).step(ASK).msgs[0].content
    assert ChatAgent(None, model=model(ModelPlatformType.OLLAMA)).step(ASK).msgs[0].content == ANSWER


@use
def tools():
    assert ChatAgent("You add.", model=model(), tools=[FunctionTool(add)]).step("Add 2 and 3.").msgs


@use
def structured_output():
    assert ChatAgent("Be kind.", model=model()).step(ASK, response_format=Person).msgs[0].parsed
