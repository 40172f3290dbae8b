"""An application as people write them for the OpenAI API. Nothing in it knows of Puna."""

import json
import math
from collections.abc import Callable, Sequence
from typing import Any

import openai
from pydantic import BaseModel

MODEL = "gpt-4o-mini"


class Contact(BaseModel):
    """Somebody who was mentioned in a text."""

    name: str
    city: str


def get_weather(city: str) -> str:
    """What a weather service would say."""
    return {"Oslo": "-3 degrees, snow", "Rome": "24 degrees, sun"}.get(city, "no such place")


def add(a: int, b: int) -> str:
    """The sum of two numbers."""
    return str(a + b)


def function(name: str, description: str, **properties: str) -> dict[str, Any]:
    """A tool as the API describes it."""
    parameters = {
        "type": "object",
        "properties": {name: {"type": kind} for name, kind in properties.items()},
        "required": list(properties),
    }
    return {
        "type": "function",
        "function": {"name": name, "description": description, "parameters": parameters},
    }


TOOLS: dict[str, Callable[..., str]] = {"get_weather": get_weather, "add": add}
DESCRIPTIONS: list[Any] = [
    function("get_weather", "Get the weather in a city", city="string"),
    function("add", "Add two numbers", a="integer", b="integer"),
]


def answer(question: str, turns: int = 4) -> str:
    """Answer with the help of tools."""
    client = openai.OpenAI()
    messages: list[Any] = [{"role": "user", "content": question}]
    for _ in range(turns):
        asked = client.chat.completions.create(model=MODEL, messages=messages, tools=DESCRIPTIONS)
        message = asked.choices[0].message
        if not message.tool_calls:
            return message.content or ""
        messages.append(message)
        for call in message.tool_calls:
            assert call.type == "function"
            result = TOOLS[call.function.name](**json.loads(call.function.arguments))
            messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
    return "I gave up."


def extract(text: str) -> Contact:
    """Whom a text is about."""
    asked = openai.OpenAI().chat.completions.parse(
        model=MODEL, messages=[{"role": "user", "content": text}], response_format=Contact
    )
    found = asked.choices[0].message.parsed
    assert found is not None
    return found


def nearest(query: str, documents: Sequence[str]) -> str:
    """The document that is most like the query."""
    answered = openai.OpenAI().embeddings.create(model="text-embedding-3-small", input=[query, *documents])
    asked, *others = [entry.embedding for entry in answered.data]
    likeness = [sum(a * b for a, b in zip(asked, other, strict=True)) / norm(other) for other in others]
    return documents[likeness.index(max(likeness))]


def norm(vector: Sequence[float]) -> float:
    """A vector's length."""
    return math.sqrt(sum(number * number for number in vector))
