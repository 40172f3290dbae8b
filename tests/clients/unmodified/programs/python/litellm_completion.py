"""LiteLLM, by each of its routes to a local server: openai, hosted_vllm, ollama, ollama_chat."""

import json

import litellm
from pydantic import BaseModel
from uses import ANSWER, ASK, BASE_URL, KEY, MODEL, URL, use

ROUTES = {"openai": BASE_URL, "hosted_vllm": BASE_URL, "ollama_chat": URL}
messages = [{"role": "user", "content": ASK}]
tool = {
    "type": "function",
    "function": {
        "name": "add",
        "description": "The sum",
        "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
    },
}


class Person(BaseModel):
    name: str
    age: int


def ask(route, **fields):
    asked = {"messages": messages, "max_tokens": 200, **fields}
    return litellm.completion(model=f"{route}/{MODEL}", api_base=ROUTES[route], api_key=KEY, **asked)


@use
def chat():
    for route in ROUTES:
        assert ask(route).choices[0].message.content == ANSWER, route


@use
def stream():
    for route in ROUTES:
        chunks = [*ask(route, stream=True)]
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == ANSWER, route


@use
def structured_output():
    for route in ROUTES:
        content = ask(route, response_format=Person).choices[0].message.content
        assert Person.model_validate_json(content), route


@use
def tools():
    for route in ROUTES:
        message = ask(route, tools=[tool]).choices[0].message
        [call] = message.tool_calls
        json.loads(call.function.arguments)
        result = {"role": "tool", "tool_call_id": call.id, "content": "5", "name": "add"}
        assert ask(route, tools=[tool], messages=[*messages, message, result]).choices[0].message.content, route


@use
def history():
    for route in ROUTES:
        message = ask(route).choices[0].message
        assert ask(route, messages=[*messages, message.model_dump(), *messages]).choices[0].message.content, route


@use
def generate_route():
    answer = litellm.completion(model=f"ollama/{MODEL}", api_base=URL, messages=messages, max_tokens=20)
    assert answer.choices[0].message.content


@use
def embeddings():
    for model, base in ((f"openai/{MODEL}", BASE_URL), (f"ollama/{MODEL}", URL)):
        assert len(litellm.embedding(model=model, input=["one", "two"], api_base=base, api_key=KEY).data) == 2


@use
def responses():
    assert litellm.responses(model=f"openai/{MODEL}", input=ASK, api_base=BASE_URL, api_key=KEY).output


@use
async def asynchronous():
    answer = await litellm.acompletion(model=f"openai/{MODEL}", messages=messages, api_base=BASE_URL, api_key=KEY)
    assert answer.choices[0].message.content == ANSWER


@use
def thinking_fields():
    assert ask("openai", reasoning_effort="low", allowed_openai_params=["reasoning_effort"])
