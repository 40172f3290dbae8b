"""Answers of chats as the real client reads them, from an engine that says what it is told to."""

import json
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionChunk
from openai.types.chat.chat_completion_chunk import ChoiceDeltaToolCall

from puna.core.errors import ContextLengthExceeded, EngineFailed, EngineLost, InvalidRequest
from puna.core.events import Done, Event, Finished, TextDelta, TokenLogprob, ToolCallDelta, Usage
from puna.core.requests import ChatRequest
from puna.core.subjects import Conversation, MessageAt
from tests.scripted import ScriptedServer

ASK: Any = [{"role": "user", "content": "Hello"}]
TOOL: Any = {"type": "function", "function": {"name": "add"}}
DIAL: Any = {"type": "custom", "custom": {"name": "dial"}}


@pytest.fixture
def client(scripted: ScriptedServer) -> openai.OpenAI:
    return scripted.client()


def ask(client: openai.OpenAI, **fields: Any) -> Any:
    return client.chat.completions.create(model="tiny", messages=ASK, **fields)


def chunks(client: openai.OpenAI, **fields: Any) -> list[ChatCompletionChunk]:
    return list(ask(client, stream=True, **fields))


def called(found: list[ChatCompletionChunk]) -> list[ChoiceDeltaToolCall]:
    return [call for chunk in found for call in chunk.choices[0].delta.tool_calls or []]


def test_a_whole_answer(scripted: ScriptedServer, client: openai.OpenAI) -> None:
    scripted.script.say("This is", " a test.", thinking=["Hm", "."], usage=Usage(7, 5, 3, 2, 9, 4))
    answer = ask(client)
    [choice] = answer.choices
    assert (answer.object, answer.model, choice.index, choice.finish_reason) == ("chat.completion", "tiny", 0, "stop")
    message = choice.message
    assert (message.role, message.content, message.refusal) == ("assistant", "This is a test.", None)
    assert message.model_extra == {"reasoning": "Hm.", "reasoning_content": "Hm."}
    usage = answer.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (7, 5, 12)
    assert usage.prompt_tokens_details.cached_tokens == 3
    details = usage.completion_tokens_details
    assert details.reasoning_tokens == 2
    assert (details.accepted_prediction_tokens, details.rejected_prediction_tokens) == (4, 5)


def test_a_stream_has_one_id_one_time_and_one_role(scripted: ScriptedServer, client: openai.OpenAI) -> None:
    scripted.script.say("This is", " a test.")
    found = chunks(client)
    assert {chunk.object for chunk in found} == {"chat.completion.chunk"}
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in found}) == 1
    deltas = [chunk.choices[0].delta for chunk in found]
    assert [delta.role for delta in deltas] == ["assistant"] + [None] * (len(found) - 1)
    assert [delta.content for delta in deltas] == ["", "This is", " a test.", None]
    assert [chunk.choices[0].finish_reason for chunk in found] == [None] * (len(found) - 1) + ["stop"]
    assert deltas[-1].to_dict() == {}
    assert all("usage" not in chunk.model_fields_set for chunk in found)


def test_two_answers_have_two_ids(client: openai.OpenAI) -> None:
    assert ask(client).id != ask(client).id


def test_usage_comes_last_with_no_choices_when_asked_for(client: openai.OpenAI) -> None:
    *rest, last = chunks(client, stream_options={"include_usage": True})
    assert last.choices == []
    assert last.usage == ask(client).usage
    assert all(chunk.usage is None and "usage" in chunk.model_fields_set for chunk in rest)


def test_the_stream_on_the_wire(scripted: ScriptedServer) -> None:
    body = {"model": "tiny", "messages": ASK, "stream": True}
    with scripted.http() as http:
        response = http.post("/v1/chat/completions", json=body)
    assert response.headers["content-type"].startswith("text/event-stream")
    *events, end = response.text.split("\n\n")
    assert (events[-1], end) == ("data: [DONE]", "")
    first = json.loads(events[0].removeprefix("data: "))
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": "", "refusal": None}


def test_a_body_needs_no_content_type(scripted: ScriptedServer) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    with scripted.http() as http:
        body = json.dumps({"model": "tiny", "messages": ASK})
        answer = http.post("/v1/chat/completions", content=body, headers=headers).json()
    assert answer["choices"][0]["message"]["content"] == "This is a test."


def test_choices_that_come_mixed_are_told_apart(scripted: ScriptedServer, client: openai.OpenAI) -> None:
    events: list[Event] = [
        TextDelta(1, "b"), TextDelta(0, "a"), TextDelta(1, "B"), Finished(1, "stop"), TextDelta(0, "A"),
        Finished(0, "length"), Done(Usage(1, 4)),
    ]  # fmt: skip
    scripted.script.answer(*events)
    whole = [(choice.index, choice.message.content, choice.finish_reason) for choice in ask(client, n=2).choices]
    assert whole == [(0, "aA", "length"), (1, "bB", "stop")]
    scripted.script.answer(*events)
    found = [chunk.choices[0] for chunk in chunks(client, n=2)]
    for index, text, reason in whole:
        mine = [choice for choice in found if choice.index == index]
        assert "".join(choice.delta.content or "" for choice in mine) == text
        assert [choice.delta.role for choice in mine].count("assistant") == 1
        assert mine[-1].finish_reason == reason


@pytest.mark.parametrize("stream", [False, True])
def test_a_character_of_two_tokens_keeps_its_bytes(
    scripted: ScriptedServer, client: openai.OpenAI, stream: bool
) -> None:
    other = TokenLogprob(9, "x", b"x", float("-inf"))
    tokens = (TokenLogprob(1, "", b"\xc3", -0.5, (other,)), TokenLogprob(2, "", b"\xa9", 0.0))
    scripted.script.answer(TextDelta(0, "é", tokens), Finished(0, "stop"), Done(Usage(1, 2)))
    options: dict[str, Any] = {"logprobs": True, "top_logprobs": 1}
    if stream:
        found = [
            choice.logprobs for chunk in chunks(client, **options) for choice in chunk.choices if choice.logprobs
        ]
    else:
        found = [ask(client, **options).choices[0].logprobs]
    [first, second] = [token for each in found for token in each.content or []]
    assert (first.token, first.bytes, first.logprob) == ("bytes:\\xc3", [0xC3], -0.5)
    assert (first.top_logprobs[0].token, first.top_logprobs[0].logprob) == ("x", -9999.0)
    assert (second.token, second.bytes, second.logprob, second.top_logprobs) == ("bytes:\\xa9", [0xA9], 0.0, [])


def test_a_call_is_named_first_and_then_written(scripted: ScriptedServer, client: openai.OpenAI) -> None:
    scripted.script.call("add", '{"a"', ": 1}", id="call_7")
    scripted.script.call("add", '{"a"', ": 1}", id="call_7")
    [choice] = ask(client, tools=[TOOL]).choices
    assert (choice.message.content, choice.finish_reason) == (None, "tool_calls")
    assert choice.message.tool_calls[0].to_dict() == {
        "id": "call_7",
        "type": "function",
        "function": {"name": "add", "arguments": '{"a": 1}'},
    }
    first, *rest = [
        call for chunk in chunks(client, tools=[TOOL]) for call in chunk.choices[0].delta.tool_calls or []
    ]
    assert first.function is not None
    assert (first.index, first.id, first.type, first.function.name) == (0, "call_7", "function", "add")
    assert first.function.arguments == ""
    assert [(call.id, call.function.arguments) for call in rest if call.function] == [(None, '{"a"'), (None, ": 1}")]


def test_calls_beside_one_another_and_a_text_before_them(scripted: ScriptedServer, client: openai.OpenAI) -> None:
    events: list[Event] = [
        TextDelta(0, "I add."),
        ToolCallDelta(0, 0, "{}", "call_1", "add"),
        ToolCallDelta(0, 1, "", "call_2", "dial"),
        ToolCallDelta(0, 1, '{"input": "5'),
        ToolCallDelta(0, 1, '6"}'),
        Finished(0, "tool_calls"),
        Done(Usage(1, 1)),
    ]
    scripted.script.answer(*events)
    scripted.script.answer(*events)
    message = ask(client, tools=[TOOL, DIAL]).choices[0].message
    added, dialled = message.tool_calls
    assert message.content == "I add."
    assert (added.type, added.function.arguments) == ("function", "{}")
    assert (dialled.type, dialled.custom.name, dialled.custom.input) == ("custom", "dial", "56")
    deltas = [call.to_dict() for call in called(chunks(client, tools=[TOOL, DIAL]))]
    indices: list[Any] = [delta["index"] for delta in deltas]
    assert indices == sorted(indices)
    inputs: Any = [delta["custom"] for delta in deltas if "custom" in delta]
    assert "".join(each.get("input", "") for each in inputs) == "56"


def test_the_older_functions_are_answered_in_older_words(scripted: ScriptedServer, client: openai.OpenAI) -> None:
    for _ in range(2):
        scripted.script.call("add", "{}")
    options: Any = {"functions": [{"name": "add"}]}
    [choice] = ask(client, **options).choices
    assert (choice.finish_reason, choice.message.tool_calls) == ("function_call", None)
    assert choice.message.function_call.to_dict() == {"name": "add", "arguments": "{}"}
    found = chunks(client, **options)
    assert found[-1].choices[0].finish_reason == "function_call"
    assert [each.choices[0].delta.function_call for each in found if each.choices[0].delta.function_call]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("error", "status", "param", "code"),
    [
        (ContextLengthExceeded(600, 256, about=Conversation()), 400, "messages", "context_length_exceeded"),
        (InvalidRequest("No.", about=MessageAt(1)), 400, "messages[0]", None),
        (EngineFailed("The model could not be loaded."), 500, None, None),
    ],
)
def test_what_goes_wrong_before_the_first_event_is_a_plain_error(
    scripted: ScriptedServer, stream: bool, error: Exception, status: int, param: str | None, code: str | None
) -> None:
    scripted.script.answer(error)
    with scripted.http() as http:
        answer = http.post("/v1/chat/completions", json={"model": "tiny", "messages": ASK, "stream": stream})
    assert answer.status_code == status
    assert (answer.json()["error"]["param"], answer.json()["error"]["code"]) == (param, code)


def test_what_goes_wrong_later_is_the_last_event(scripted: ScriptedServer, client: openai.OpenAI) -> None:
    scripted.script.answer(TextDelta(0, "This"), InvalidRequest("Too strange."))
    answer = ask(client, stream=True)
    assert [next(answer).choices[0].delta.content for _ in range(2)] == ["", "This"]
    with pytest.raises(openai.APIError, match="Too strange"):
        next(answer)


def test_text_goes_on_with_the_next_engine_when_one_is_lost(scripted: ScriptedServer, client: openai.OpenAI) -> None:
    scripted.script.answer(TextDelta(0, "This is"), EngineLost("It was killed.", own_fault=False))
    scripted.script.say(" a test.")
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks(client)) == "This is a test."
    first, second = (request for request in scripted.script.requests if isinstance(request, ChatRequest))
    assert second.messages[:-1] == first.messages
    assert (second.messages[-1].role, second.messages[-1].text) == ("assistant", "This is")
