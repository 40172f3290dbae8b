"""What of a chat's messages reaches the engine."""

from typing import Any

import pytest

from puna.core.messages import Message, Role, Text, ToolCall
from tests.scripted import ScriptedServer

CALL = {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "3"}


def heard(server: ScriptedServer, *messages: dict[str, Any]) -> tuple[Message, ...]:
    """The messages as the engine got them."""
    with server.http() as http:
        answer = http.post("/v1/chat/completions", json={"model": "tiny", "messages": messages})
    assert answer.status_code == 200, answer.text
    found: tuple[Message, ...] = server.script.request.messages
    return found


def said(role: Role, *texts: str, **fields: Any) -> Message:
    return Message(role=role, content=tuple(Text(text) for text in texts), **fields)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"role": "system", "content": "Be kind."}, said("system", "Be kind.")),
        ({"role": "developer", "content": "Be kind."}, said("system", "Be kind.")),
        ({"role": "user", "content": "Hi", "name": "Ada"}, said("user", "Hi", name="Ada")),
        ({"role": "user", "content": ""}, said("user", "")),
        (
            {"role": "user", "content": [{"type": "text", "text": "Say"}, {"type": "text", "text": " this"}]},
            said("user", "Say", " this"),
        ),
        ({"role": "assistant", "content": "Hello", "reasoning": "Hm."}, said("assistant", "Hello", reasoning="Hm.")),
        (
            {"role": "assistant", "content": "Hello", "reasoning_content": "Hm."},
            said("assistant", "Hello", reasoning="Hm."),
        ),
        ({"role": "assistant", "content": None, "refusal": "No."}, said("assistant", "No.")),
        (
            {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
            said("assistant", "No."),
        ),
    ],
)
def test_each_role_and_form_of_content(scripted: ScriptedServer, given: dict[str, Any], expected: Message) -> None:
    assert heard(scripted, given) == (expected,)


@pytest.mark.parametrize("content", [None, "I add."])
def test_a_call_and_its_result(scripted: ScriptedServer, content: str | None) -> None:
    messages = heard(scripted, {"role": "assistant", "content": content, "tool_calls": [CALL]}, RESULT)
    call = ToolCall("call_1", "add", '{"a": 1}')
    assert messages == (
        said("assistant", *([content] if content else []), tool_calls=(call,)),
        said("tool", "3", tool_call_id="call_1"),
    )


def test_results_may_come_in_any_order(scripted: ScriptedServer) -> None:
    calls = [{**CALL, "id": name} for name in ("call_1", "call_2")]
    _, *results = heard(
        scripted, {"role": "assistant", "tool_calls": calls}, {**RESULT, "tool_call_id": "call_2"}, RESULT
    )
    assert [result.tool_call_id for result in results] == ["call_2", "call_1"]


def test_the_older_function_call_gets_an_id_and_its_result_finds_it(scripted: ScriptedServer) -> None:
    older = {"role": "assistant", "content": None, "function_call": {"name": "add", "arguments": "{}"}}
    nothing = {"role": "function", "name": "add", "content": None}
    first, answered, second, again = heard(scripted, older, nothing, older, {**nothing, "content": "3"})
    assert [call.name for message in (first, second) for call in message.tool_calls] == ["add", "add"]
    assert answered.tool_call_id == first.tool_calls[0].id != second.tool_calls[0].id == again.tool_call_id
    assert (answered.role, answered.text, answered.name) == ("tool", "", None)
    assert again.text == "3"


def test_a_custom_call_is_one_of_a_function_with_an_input(scripted: ScriptedServer) -> None:
    call = {"id": "call_1", "type": "custom", "custom": {"name": "dial", "input": 'a "b"'}}
    message, _ = heard(scripted, {"role": "assistant", "tool_calls": [call]}, RESULT)
    assert message.tool_calls == (ToolCall("call_1", "dial", '{"input":"a \\"b\\""}'),)


@pytest.mark.parametrize("arguments", ["", '{"city": "Par', "not json"])
def test_arguments_that_were_cut_off_come_back_as_they_are(scripted: ScriptedServer, arguments: str) -> None:
    call = {**CALL, "function": {"name": "add", "arguments": arguments}}
    message, _ = heard(scripted, {"role": "assistant", "tool_calls": [call]}, RESULT)
    assert message.tool_calls[0].arguments == arguments


def test_hints_for_a_cache_change_nothing(scripted: ScriptedServer) -> None:
    part = {"type": "text", "text": "Hello", "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "30m"}}
    assert heard(scripted, {"role": "user", "content": [part]}) == (said("user", "Hello"),)


@pytest.mark.parametrize(
    ("messages", "param"),
    [
        ([{"role": "user"}], "messages[0].content"),
        ([{"role": "user", "content": "x", "tool_calls": [CALL]}], "messages[0].tool_calls"),
        ([RESULT], "messages[0].tool_call_id"),
        ([{"role": "assistant", "tool_calls": [CALL]}], "messages"),
        ([{"role": "assistant", "tool_calls": [CALL]}, {"role": "user", "content": "?"}], "messages[1]"),
        ([{"role": "assistant", "tool_calls": [CALL, CALL]}, RESULT], "messages[0].tool_calls"),
        ([{"role": "function", "name": "add", "content": "3"}], "messages[0].name"),
        ([{"role": "user", "content": [{"type": "refusal", "refusal": "no"}]}], "messages[0].content[0].type"),
        (
            [{"role": "user", "content": [{"type": "text", "text": "a", "refusal": "b"}]}],
            "messages[0].content[0].refusal",
        ),
        (
            [{"role": "assistant", "tool_calls": [{**CALL, "type": "custom"}]}, RESULT],
            "messages[0].tool_calls[0].function",
        ),
    ],
)
def test_what_makes_no_conversation_is_named_and_reaches_no_engine(
    scripted: ScriptedServer, messages: list[dict[str, Any]], param: str
) -> None:
    with scripted.http() as http:
        answer = http.post("/v1/chat/completions", json={"model": "tiny", "messages": messages})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param
    assert scripted.script.requests == []
