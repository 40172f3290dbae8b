"""smolagents: a model, and an agent that calls tools until it gives a final answer."""

from smolagents import OpenAIModel, ToolCallingAgent, tool
from uses import ANSWER, ASK, BASE_URL, KEY, MODEL, use

model = OpenAIModel(MODEL, api_base=BASE_URL, api_key=KEY, max_tokens=300)


@tool
def add(a: int, b: int) -> int:
    """The sum of two numbers.

    Args:
        a: one
        b: the other
    """
    return a + b


messages = [{"role": "user", "content": [{"type": "text", "text": ASK}]}]


@use
def chat():
    assert model(messages).content == ANSWER


@use
def stream():
    assert "".join(piece.content or "" for piece in model.generate_stream(messages)) == ANSWER


@use
def structured_output():
    schema = {
        "type": "object",
        "properties": {"a": {"type": "integer"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema, "strict": True}}
    assert model(messages, response_format=form).content.startswith("{")


@use
def agent():
    assert ToolCallingAgent([add], model, max_steps=3).run("Add 2 and 3.") is not None
