from typing import Any

import pytest

from puna.core.errors import ContextLengthExceeded
from puna.core.subjects import Conversation
from tests.scripted import ScriptedServer
from tests.server import RunningServer

FUNCTION = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}
PICTURE = "data:application/octet-stream;base64,/9j/AAAA"


def custom(syntax: str, definition: str) -> dict[str, Any]:
    """A body that forces a tool with that grammar."""
    form = {"type": "grammar", "syntax": syntax, "definition": definition}
    return {"tools": [FUNCTION, {"type": "custom", "name": "c", "format": form}], "tool_choice": "required"}


REFUSED: list[tuple[dict[str, Any], str | None, str]] = [
    ({"previous_response_id": "resp_0"}, "previous_response_id", "resp_0"),
    ({"previous_response_id": "resp_0", "conversation": "conv_0"}, "conversation", "previous_response_id"),
    ({"input": [{"type": "function_call_output", "call_id": "call_0", "output": "1"}]}, "input", "call_0"),
    ({"input": [{"type": "custom_tool_call_output", "call_id": "call_0", "output": "1"}]}, "input", "call_0"),
    (
        {"input": [{"type": "function_call", "call_id": "call_0", "name": "f", "arguments": "{}"}]},
        "input",
        "No tool output found for function call call_0.",
    ),
    (
        {"input": [{"type": "custom_tool_call", "call_id": "call_0", "name": "f", "input": "x"}]},
        "input",
        "No tool output found for custom tool call call_0.",
    ),
    ({"input": [{"type": "web_search_call", "id": "ws_1"}]}, "input[0].type", "web_search_call"),
    ({"input": [{"type": "item_reference", "id": "msg_0"}]}, "input", "msg_0"),
    (
        {"input": [{"role": "user", "content": [{"type": "input_file", "file_data": PICTURE, "filename": "a.jpg"}]}]},
        "input",
        "a.jpg",
    ),
    ({"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "file_1"}]}]}, "input", "file_data"),
    ({"input": [{"role": "user", "content": [{"type": "input_text"}]}]}, "input[0].content[0].text", "text"),
    ({"input": [{"role": "robot", "content": "x"}]}, "input[0].role", "robot"),
    ({"input": [{"type": "reasoning", "summary": [], "encrypted_content": "x"}]}, "input", "encrypted content"),
    ({"input": None}, "input", "input"),
    ({"input": [{"type": ["message"]}]}, "input[0].type", "message"),
    ({"input": [{"type": {}}]}, "input[0].type", "input[0].type"),
    ({"previous_response_id": ""}, "previous_response_id", "too short"),
    ({"conversation": ""}, "conversation", "too short"),
    ({"conversation": {"id": ""}}, "conversation.id", "too short"),
    ({"reasoning": {"context": "some_turns"}}, "reasoning.context", "'current_turn'"),
    ({"reasoning": {"mode": "pro"}}, "reasoning.mode", "'standard'"),
    ({"tools": [{"type": "nonsense"}]}, "tools[0].type", "'function', 'custom', 'namespace'"),
    ({"tools": [{"name": "f"}]}, "tools[0].type", "tools[0].type"),
    ({"text": {"format": {"type": "xml"}}}, "text.format.type", "xml"),
    ({"tools": [{"type": "web_search"}]}, "tools[0].type", "web_search"),
    ({"tools": [{"type": "web_search_preview_2025_03_11"}]}, "tools[0].type", "web_search_preview"),
    ({"tools": [{"type": "file_search", "vector_store_ids": ["vs_1"]}]}, "tools[0].type", "file_search"),
    ({"tools": [{"type": "code_interpreter", "container": {"type": "auto"}}]}, "tools[0].type", "code_interpreter"),
    ({"tools": [{"type": "computer_use_preview"}]}, "tools[0].type", "computer_use_preview"),
    ({"tools": [{"type": "shell", "environment": {"type": "container_auto"}}]}, "tools[0].type", "shell"),
    ({"tools": [{"type": "tool_search"}]}, "tools[0].type", "tool_search"),
    ({"tools": [{"type": "mcp", "server_label": "x"}]}, "tools[0].type", "mcp"),
    ({"tools": [FUNCTION], "tool_choice": {"type": "file_search"}}, "tool_choice.type", "file_search"),
    ({"tools": [FUNCTION], "tool_choice": {"type": "function", "name": "g"}}, "tool_choice", "'g'"),
    ({"tools": [FUNCTION, FUNCTION]}, "tools[1].name", "'f'"),
    ({"tool_choice": "required"}, "tool_choice", "tools"),
    (custom("ebnf", "a"), "tools[1].format.syntax", "lark"),
    ({"background": True, "store": False}, "background", "store"),
    ({"stream_options": {"include_obfuscation": False}}, "stream_options", "stream"),
    ({"metadata": {str(n): "x" for n in range(17)}}, "metadata", "16"),
    ({"metadata": {"a": "x" * 513}}, "metadata.a", "512"),
    ({"max_output_tokens": 0}, "max_output_tokens", "max_output_tokens"),
    ({"max_output_tokens": 10**30}, "max_output_tokens", "max_output_tokens"),
    ({"max_tool_calls": 10**30}, "max_tool_calls", "max_tool_calls"),
    ({"temperature": 3}, "temperature", "temperature"),
    ({"include": ["everything"]}, "include[0]", "everything"),
    ({"prompt": {"id": "pmpt_1"}}, "prompt", "prompt"),
    ({"text": {"format": {"type": "json_schema", "name": "x"}}}, "text.format.schema", "schema"),
]


NOT_ENFORCED = [
    (custom("lark", "start: A\nA: /a(?=b)/"), "tools[1].format.definition", "looking ahead or behind (in A)"),
    (custom("lark", "start: A\n%import .local.A"), "tools[1].format.definition", "%import local"),
    (custom("lark", "start ="), "tools[1].format.definition", "line 1"),
    (custom("regex", r"(a)\1"), "tools[1].format.definition", "a reference to a group"),
    ({"tools": [{**FUNCTION, "strict": True, "parameters": {"not": {}}}]}, "tools[0].parameters.not", "not"),
    (
        {"text": {"format": {"type": "json_schema", "name": "x", "schema": {"type": "wrong"}}}},
        "text.format.schema.type",
        "expected",
    ),
]
"""What the engine refuses, which has to make sure of it."""


@pytest.mark.parametrize(("body", "param", "named"), REFUSED)
def test_each_refusal_says_what_and_where(
    scripted: ScriptedServer, body: dict[str, Any], param: str | None, named: str
) -> None:
    check_refusal(scripted, body, param, named)


@pytest.mark.parametrize(("body", "param", "named"), NOT_ENFORCED)
def test_what_can_not_be_enforced_is_named(
    server: RunningServer, body: dict[str, Any], param: str, named: str
) -> None:
    check_refusal(server, body, param, named)


MISSING = {"msg_0"}
"""What is named by an id and is not there."""


def check_refusal(
    server: ScriptedServer | RunningServer, body: dict[str, Any], param: str | None, named: str
) -> None:
    with server.http() as http:
        answer = http.post("/v1/responses", json={"model": "tiny", "input": "Hello", **body})
    error = answer.json()["error"]
    assert answer.status_code == (404 if named in MISSING else 400), answer.text
    assert error["type"] == "invalid_request_error"
    assert named in error["message"]
    assert error["param"] == param


PIXEL = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.mark.parametrize("path", ["", "/input_tokens", "/compact"])
def test_what_a_model_can_not_read_is_refused_alike_everywhere(scripted: ScriptedServer, path: str) -> None:
    content = [{"type": "input_image", "image_url": PIXEL}]
    with scripted.http() as http:
        body = {"model": "tiny", "input": [{"role": "user", "content": content}]}
        answer = http.post(f"/v1/responses{path}", json=body)
    assert answer.status_code == 400, answer.text
    assert (answer.json()["error"]["param"], answer.json()["error"]["code"]) == ("input", "no_vision")


@pytest.mark.parametrize("path", ["", "/compact"])
def test_an_input_that_is_too_long_is_named(scripted: ScriptedServer, path: str) -> None:
    scripted.script.answer(ContextLengthExceeded(20000, 4096, about=Conversation()))
    with scripted.http() as http:
        answer = http.post(f"/v1/responses{path}", json={"model": "tiny", "input": "word " * 20000})
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["param"] == "input"
    assert answer.json()["error"]["code"] == "context_length_exceeded"


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("stream=maybe", "stream"),
        ("stream=true&starting_after=x", "starting_after"),
        ("stream=true&starting_after=-5", "starting_after"),
        ("starting_after=2", "starting_after"),
        ("include=everything", "include"),
    ],
)
def test_a_bad_query_is_refused_by_name(scripted: ScriptedServer, query: str, param: str) -> None:
    with scripted.http() as http:
        body = {"model": "tiny", "input": "Hello", "max_output_tokens": 1, "stream": True}
        events = http.post("/v1/responses", json=body).text
        key = events.partition('"id":"')[2].partition('"')[0]
        answer = http.get(f"/v1/responses/{key}?{query}")
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["param"] == param


@pytest.mark.parametrize(
    ("item", "status"),
    [
        ({"type": "item_reference", "id": "msg_0"}, 404),
        ({"role": "user", "content": [{"type": "input_file", "file_id": "file_1"}]}, 400),
    ],
)
def test_a_bad_item_of_a_conversation_is_refused_as_one(
    scripted: ScriptedServer, item: dict[str, Any], status: int
) -> None:
    with scripted.http() as http:
        answer = http.post("/v1/conversations", json={"items": [item]})
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["param"] == "items"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_what_is_not_there_is_not_found(scripted: ScriptedServer, method: str) -> None:
    with scripted.http() as http:
        for path in ("/v1/responses/resp_0", "/v1/conversations/conv_0"):
            answer = http.request(method, path)
            assert answer.status_code == 404
            assert path.rpartition("/")[2] in answer.json()["error"]["message"]


def test_a_conversation_that_is_not_there_is_not_found(scripted: ScriptedServer) -> None:
    with scripted.http() as http:
        body = {"model": "tiny", "input": "Hello", "conversation": "conv_0"}
        assert http.post("/v1/responses", json=body).status_code == 404


def test_an_unknown_model_is_not_found_and_nothing_is_kept(scripted: ScriptedServer) -> None:
    with scripted.http() as http:
        for body in ({"stream": True}, {"background": True}, {}):
            answer = http.post("/v1/responses", json={"model": "nothing", "input": "Hello", **body})
            assert answer.status_code == 404
            assert answer.json()["error"]["code"] == "model_not_found"


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "order=up", "after=msg_0", "include=everything"])
def test_a_bad_page_is_refused_by_name(scripted: ScriptedServer, query: str) -> None:
    with scripted.http() as http:
        made = http.post("/v1/responses", json={"model": "tiny", "input": "Hello", "max_output_tokens": 1}).json()
        answer = http.get(f"/v1/responses/{made['id']}/input_items?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == query.partition("=")[0]
