"""Hugging Face's InferenceClient with a server of one's own."""

from huggingface_hub import AsyncInferenceClient, InferenceClient
from uses import ANSWER, ASK, BASE_URL, KEY, MODEL, use

client = InferenceClient(base_url=BASE_URL, api_key=KEY)
messages = [{"role": "user", "content": ASK}]
schema = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}


@use
def chat():
    assert client.chat_completion(messages, model=MODEL).choices[0].message.content == ANSWER


@use
def stream():
    chunks = client.chat.completions.create(messages=messages, model=MODEL, stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == ANSWER


@use
def structured_output():
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema, "strict": True}}
    answer = client.chat_completion(messages, model=MODEL, response_format=form)
    assert answer.choices[0].message.content.startswith("{")


@use
def tools():
    tool = {"type": "function", "function": {"name": "add", "description": "The sum", "parameters": schema}}
    answer = client.chat_completion(messages, model=MODEL, tools=[tool], tool_choice="auto")
    message = answer.choices[0].message
    result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "5"}
    assert client.chat_completion([*messages, message, result], model=MODEL, tools=[tool]).choices


@use
async def asynchronous():
    other = AsyncInferenceClient(base_url=BASE_URL, api_key=KEY)
    assert (await other.chat_completion(messages, model=MODEL)).choices[0].message.content == ANSWER
