"""Bodies with one thing wrong anywhere in them: answered, or refused with a reason, and never a defect of Puna's."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scripted import ScriptedServer
from tests.server import RunningServer

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}
GRAMMAR = {"syntax": "regex", "definition": "[0-9]"}
RESPONSE: dict[str, Any] = {
    "model": "tiny",
    "max_output_tokens": 1,
    "input": [
        {"role": "user", "content": [{"type": "input_text", "text": "Read."}]},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
        {"role": "assistant", "content": [{"type": "output_text", "text": "I call.", "annotations": []}]},
        {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_1", "output": "1"},
        {"type": "custom_tool_call", "call_id": "call_2", "name": "g", "input": "5"},
        {"type": "custom_tool_call_output", "call_id": "call_2", "output": [{"type": "input_text", "text": "2"}]},
        {"role": "user", "content": "So?"},
    ],
    "instructions": "Be brief.",
    "tools": [
        {"type": "function", "name": "f", "parameters": SCHEMA, "output_schema": SCHEMA},
        {"type": "custom", "name": "g", "format": {"type": "grammar", **GRAMMAR}},
    ],
    "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "custom", "name": "g"}]},
    "text": {"format": {"type": "json_schema", "name": "n", "schema": SCHEMA}, "verbosity": "low"},
    "reasoning": {"effort": "none", "summary": "auto"},
    "include": ["message.output_text.logprobs"],
    "metadata": {"a": "b"},
    "store": False,
}
CHAT: dict[str, Any] = {
    "model": "tiny",
    "max_tokens": 1,
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "Call."}], "name": "Ada"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                {"id": "call_2", "type": "custom", "custom": {"name": "g", "input": "5"}},
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "1"},
        {"role": "tool", "tool_call_id": "call_2", "content": [{"type": "text", "text": "2"}]},
        {"role": "user", "content": "So?"},
    ],
    "tools": [
        {"type": "function", "function": {"name": "f", "parameters": SCHEMA}},
        {"type": "custom", "custom": {"name": "g", "format": {"type": "grammar", "grammar": GRAMMAR}}},
    ],
    "tool_choice": {"type": "custom", "custom": {"name": "g"}},
    "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}},
    "stop": ["x"],
    "logit_bias": {"5": 1},
    "reasoning_effort": "none",
}
WRONG: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 5, -1, 1.5, 10**30, "", "x", [], {}, [{}], [None], {"type": "x"}, {"type": None}, {"type": ["x"]}]
)
PATHS = {"/v1/responses": RESPONSE, "/v1/chat/completions": CHAT}


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something is in a body."""
    if place:
        yield place
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, element in inside:
        yield from places(element, (*place, step))


def spoiled(body: Any, place: tuple[Any, ...], wrong: Any) -> Any:
    """The body with that in that place."""
    body = copy.deepcopy(body)
    holder = body
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = wrong
    return body


@pytest.mark.parametrize("path", PATHS)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_whatever_is_wrong_is_answered_or_named(
    scripted_session: ScriptedServer, path: str, data: st.DataObject
) -> None:
    check(scripted_session, path, data)


@pytest.mark.parametrize("path", PATHS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_so_it_is_where_the_engine_has_to_see_it(server: RunningServer, path: str, data: st.DataObject) -> None:
    check(server, path, data)


def check(server: ScriptedServer | RunningServer, path: str, data: st.DataObject) -> None:
    """Something is wrong in one place of a body."""
    body = spoiled(PATHS[path], data.draw(st.sampled_from(list(places(PATHS[path])))), data.draw(WRONG))
    with server.http() as http:
        answer = http.post(path, json=body)
    if answer.status_code not in (200, 422):  # an answer that was generated may fit no schema
        assert answer.status_code in (400, 404), answer.text
        assert answer.json()["error"]["message"]
        assert answer.json()["error"]["param"]
