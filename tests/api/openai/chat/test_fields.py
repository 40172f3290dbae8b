import base64
from typing import Any

import openai
import pytest

from tests.scripted import ScriptedServer
from tests.server import RunningServer

ASK: Any = [{"role": "user", "content": "Hello"}]
TOOL: Any = {"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}
NO_SCHEMA = {"type": "function", "function": {"name": "sub", "parameters": {"type": "nonsense"}}}
CALL = {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": "{}"}}
REFUSAL = {"type": "refusal", "refusal": "no"}
BARE = "messages[0].content[0].image_url"
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n broken").decode()


def image(url: str) -> list[dict[str, Any]]:
    parts = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": url}}]
    return [{"role": "user", "content": parts}]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"messages": [{"role": "alien", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"type": "smell"}]}]}, "messages[0].content[0].type"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0].text"),
        ({"messages": [{"role": "user", "content": [REFUSAL]}]}, "messages[0].content[0].type"),
        ({"messages": [{"role": "user", "content": "x", "tool_calls": [CALL]}]}, "messages[0].tool_calls"),
        ({"messages": [*ASK, {"role": "tool", "content": "3", "tool_call_id": "x"}]}, "messages[1].tool_call_id"),
        ({"messages": [*ASK, {"role": "tool", "content": "3"}]}, "messages[1].tool_call_id"),
        ({"messages": [*ASK, {"role": "assistant", "tool_calls": [CALL]}, *ASK]}, "messages[2]"),
        ({"messages": [{"role": "function", "name": "add", "content": "3"}]}, "messages[0].name"),
        ({"messages": image("data:image/png;base64,%%%")}, "messages[0].content[1].image_url.url"),
        ({"messages": image(f"data:image/png;base64,{PNG}")}, "messages[0].content[1].image_url.url"),
        ({"messages": image("http://127.0.0.1:1/a.png")}, "messages[0].content[1].image_url.url"),
        ({"n": 0}, "n"),
        ({"n": 129}, "n"),
        ({"top_logprobs": 2}, "top_logprobs"),
        ({"logprobs": True, "top_logprobs": 21}, "top_logprobs"),
        ({"logit_bias": {"hello": 1}}, "logit_bias"),
        ({"logit_bias": {"1": 101}}, "logit_bias.1"),
        ({"stop": ["a"] * 129}, "stop"),
        ({"stop": ""}, "stop"),
        ({"tools": [TOOL, TOOL]}, "tools[1]"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools[0].function.name"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"functions": [TOOL["function"]], "tool_choice": "auto"}, "tool_choice"),
        ({"reasoning_effort": "low", "reasoning": {"effort": "high"}}, "reasoning.effort"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "%%%"}]}]}, BARE),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": ""}]}]}, BARE),
        ({"tools": [{"type": "function", "function": {"name": "x"}, "strict": True}]}, "tools[0].strict"),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "sub"}}}, "tool_choice"),
        ({"parallel_tool_calls": False}, "parallel_tool_calls"),
        ({"function_call": "auto"}, "function_call"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"reasoning_effort": "very"}, "reasoning_effort"),
        ({"modalities": ["text", "audio"]}, "modalities[1]"),
        ({"audio": {"voice": "alloy", "format": "wav"}}, "audio"),
        ({"web_search_options": {}}, "web_search_options"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"repeat_penalty": 0}, "repeat_penalty"),
        ({"service_tier": "free"}, "service_tier"),
    ],
)  # fmt: skip
def test_a_bad_field_is_named(scripted: ScriptedServer, fields: dict[str, Any], param: str) -> None:
    check_refusal(scripted, fields, param)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"logit_bias": {"99999999": 1}}, "logit_bias"),
        ({"tools": [TOOL, NO_SCHEMA], "tool_choice": "required"}, "tools[1].function.parameters.type"),
        ({"tools": [TOOL, NO_SCHEMA]}, "tools[1].function.parameters.type"),
    ],
)
def test_what_only_the_engine_knows_is_named_too(server: RunningServer, fields: dict[str, Any], param: str) -> None:
    check_refusal(server, fields, param)


def check_refusal(server: ScriptedServer | RunningServer, fields: dict[str, Any], param: str) -> None:
    with server.http() as http:
        answer = http.post("/v1/chat/completions", json={"model": "tiny", "messages": ASK, "max_tokens": 1, **fields})
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert (error["type"], error["param"]) == ("invalid_request_error", param)


def test_a_model_without_eyes_says_so(scripted: ScriptedServer) -> None:
    pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
    with scripted.http() as http:
        body = {"model": "tiny", "messages": image(pixel), "max_tokens": 1}
        answer = http.post("/v1/chat/completions", json=body)
        after = http.post("/v1/chat/completions", json={"model": "tiny", "messages": ASK, "max_tokens": 1})
    assert answer.status_code == 400
    assert "images" in answer.json()["error"]["message"]
    assert after.status_code == 200


def test_choices_share_their_prompt(client: openai.OpenAI) -> None:
    messages: Any = [{"role": "user", "content": "Tell me something that nobody else has asked before."}]
    answer = client.chat.completions.create(model="tiny", messages=messages, n=4, max_tokens=4, seed=5)
    single = client.chat.completions.create(model="tiny", messages=messages, max_tokens=4, seed=5)
    assert [choice.index for choice in answer.choices] == [0, 1, 2, 3]
    assert answer.usage is not None
    assert single.usage is not None
    assert answer.usage.prompt_tokens == single.usage.prompt_tokens


@pytest.mark.parametrize("stream", [False, True])
def test_every_choice_says_why_it_ended(client: openai.OpenAI, stream: bool) -> None:
    fields: Any = {"model": "tiny", "messages": ASK, "n": 3, "max_tokens": 2, "stream": stream}
    answer: Any = client.chat.completions.create(**fields)
    choices = [choice for chunk in answer for choice in chunk.choices] if stream else answer.choices
    reasons = {choice.index: choice.finish_reason for choice in choices if choice.finish_reason}
    assert reasons == {0: "length", 1: "length", 2: "length"}


def test_more_choices_than_the_engine_works_on_at_once(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="tiny", messages=ASK, n=10, max_tokens=1)
    assert [choice.index for choice in answer.choices] == list(range(10))
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 10


def test_a_bias_bans_and_forces_tokens(client: openai.OpenAI) -> None:
    def first(**fields: Any) -> tuple[str, bytes]:
        answer = client.chat.completions.create(
            model="tiny",
            messages=ASK,
            max_tokens=1,
            logprobs=True,
            reasoning_effort="none",
            **fields,
        )
        logprobs = answer.choices[0].logprobs
        assert logprobs is not None
        assert logprobs.content
        return logprobs.content[0].token, bytes(logprobs.content[0].bytes or [])

    forced = first(logit_bias={"300": 100}, temperature=0)
    assert first(logit_bias={"300": 100}, temperature=1, seed=7) == forced
    assert first(logit_bias={"300": -100}, temperature=0) != forced


@pytest.mark.parametrize("stream", [False, True])
def test_log_probabilities_belong_to_the_text(client: openai.OpenAI, stream: bool) -> None:
    fields: Any = {
        "model": "tiny",
        "messages": ASK,
        "max_tokens": 8,
        "logprobs": True,
        "top_logprobs": 3,
        "reasoning_effort": "none",
        "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"const": "é😀"}}},
    }
    if stream:
        chunks = list(client.chat.completions.create(**fields, stream=True))
        choices = [chunk.choices[0] for chunk in chunks]
        text = "".join(choice.delta.content or "" for choice in choices)
        tokens = [token for choice in choices if choice.logprobs for token in choice.logprobs.content or []]
    else:
        choice = client.chat.completions.create(**fields).choices[0]
        assert choice.logprobs is not None
        text, tokens = choice.message.content or "", choice.logprobs.content or []
    assert text
    assert b"".join(bytes(token.bytes or []) for token in tokens).decode() == text
    assert all(len(token.top_logprobs) == 3 for token in tokens)
    assert all(token.logprob <= 0 for token in tokens)


def test_the_smaller_of_both_limits_holds(client: openai.OpenAI) -> None:
    for limits in ((2, 5), (5, 2)):
        answer = client.chat.completions.create(
            model="tiny", messages=ASK, max_tokens=limits[0], max_completion_tokens=limits[1]
        )
        assert answer.usage
        assert (answer.usage.completion_tokens, answer.choices[0].finish_reason) == (2, "length")
