"""What other clients and libraries send beside a request's own fields changes nothing, and is written down."""

from pathlib import Path
from typing import Any

import pytest

from puna.api.no_ops import (
    HINTS,
    CallHints,
    MessageHints,
    PartHints,
    RequestHints,
    ToolHints,
)
from tests.scripted import ScriptedServer

DOCUMENTED = Path(__file__).parents[2] / "docs" / "compatibility.md"
VALUES: tuple[Any, ...] = (None, "x", 1, True, {"a": [1]}, [{"type": "x"}])
"""What may stand in a field that nobody reads."""


def hints(kind: type, *but: str) -> list[dict[str, Any]]:
    """All fields of a kind, with one value after the other."""
    return [{name: value for name in kind.model_fields if name not in but} for value in VALUES]  # type: ignore[attr-defined]


def conversation(part: Any, message: Any, call: Any, tool: Any) -> dict[str, Any]:
    """A chat with those fields in each place that has such things."""
    function = {"name": "add", "arguments": "{}", **call}
    return {
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Add.", **part}], **message},
            {
                "role": "assistant",
                "content": [{"type": "text", "text": "Yes.", **part}],
                "tool_calls": [{"id": "c1", "type": "function", "function": function, **call}],
                **message,
            },
            {"role": "tool", "tool_call_id": "c1", "content": "3", **message},
            {"role": "system", "content": "Be kind.", **message},
        ],
        "tools": [{"type": "function", "function": {"name": "add", **tool}, **tool}],
    }


def items(part: Any, message: Any, call: Any, tool: Any) -> dict[str, Any]:
    """The same as items of a response."""
    given = {"type": "function_call", "call_id": "c1", "name": "add", "arguments": "{}", **call}
    return {
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "Add.", **part}], **message},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Yes.", **part}]},
            given,
            {"type": "function_call_output", "call_id": "c1", "output": "3", **call},
        ],
        "tools": [{"type": "function", "name": "add", "parameters": {}, **tool}],
    }


def native(message: Any, call: Any, tool: Any) -> dict[str, Any]:
    """The same for /api/chat."""
    return {
        "messages": [
            {"role": "user", "content": "Add.", **message},
            {"role": "assistant", "tool_calls": [{"function": {"name": "add", "arguments": {}, **call}, **call}]},
            {"role": "tool", "tool_name": "add", "content": "3", **message},
        ],
        "tools": [{"type": "function", "function": {"name": "add", **tool}, **tool}],
        "stream": False,
    }


def heard(server: ScriptedServer, path: str, body: dict[str, Any]) -> Any:
    """What the engine was asked."""
    server.script.clear()
    with server.http() as http:
        answer = http.post(path, json={"model": "plain", **body})
    assert answer.status_code == 200, answer.text
    return server.script.request


def test_hints_in_a_chat_change_nothing(scripted: ScriptedServer) -> None:
    bare = heard(scripted, "/v1/chat/completions", conversation({}, {}, {}, {}))
    kinds = hints(PartHints), hints(MessageHints), hints(CallHints), hints(ToolHints), hints(RequestHints)
    for part, message, call, tool, request in zip(*kinds, strict=True):
        body = conversation(part, message, call, tool) | request
        assert heard(scripted, "/v1/chat/completions", body) == bare


def test_hints_in_a_response_change_nothing(scripted: ScriptedServer) -> None:
    bare = heard(scripted, "/v1/responses", items({}, {}, {}, {}))
    # An item's own id is its name in the history; the other fields are read by nobody.
    kinds = hints(PartHints), hints(MessageHints, "id"), hints(CallHints), hints(ToolHints), hints(RequestHints)
    for part, message, call, tool, request in zip(*kinds, strict=True):
        assert heard(scripted, "/v1/responses", items(part, message, call, tool) | request) == bare


def test_hints_in_a_native_chat_change_nothing(scripted: ScriptedServer) -> None:
    bare = heard(scripted, "/api/chat", native({}, {}, {}))
    for message, call, tool in zip(hints(MessageHints), hints(CallHints, "id"), hints(ToolHints), strict=True):
        assert heard(scripted, "/api/chat", native(message, call, tool)) == bare


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/completions", {"prompt": "x"}),
        ("/v1/embeddings", {"input": "x"}),
        ("/v1/responses/input_tokens", {"input": "x"}),
        ("/api/generate", {"prompt": "x", "stream": False}),
    ],
)
def test_hints_of_other_requests_are_taken(scripted: ScriptedServer, path: str, body: dict[str, Any]) -> None:
    with scripted.http() as http:
        for request in hints(RequestHints):
            assert http.post(path, json={"model": "plain", **body, **request}).status_code == 200


@pytest.mark.parametrize(
    ("changed", "param"),
    [
        ({"sampling_magic": 1}, "sampling_magic"),
        ({"messages": [{"role": "user", "content": "x", "voice": "low"}]}, "messages[0].voice"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "x", "crop": 1}]}]}, None),
    ],
)
def test_any_other_name_is_refused(scripted: ScriptedServer, changed: dict[str, Any], param: str | None) -> None:
    body = {"model": "plain", "messages": [{"role": "user", "content": "x"}], **changed}
    with scripted.http() as http:
        answer = http.post("/v1/chat/completions", json=body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "unknown_parameter")
    assert error["param"] == (param or "messages[0].content[0].crop")


def test_a_null_in_what_is_given_back_says_nothing(scripted: ScriptedServer) -> None:
    null = {"whatever": None}
    bare = heard(scripted, "/v1/chat/completions", conversation({}, {}, {}, {}))
    assert heard(scripted, "/v1/chat/completions", conversation(null, null, null, null)) == bare


@pytest.mark.parametrize("place", HINTS)
def test_the_documentation_has_all_of_them(place: str) -> None:
    [row] = [line for line in DOCUMENTED.read_text().splitlines() if line.startswith(f"| {place} |")]
    missing = {name for kind in HINTS[place] for name in kind.model_fields if f"`{name}`" not in row}
    assert not missing
