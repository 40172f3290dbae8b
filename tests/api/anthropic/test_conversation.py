"""What becomes of a request: what the engine is asked."""

import base64
from typing import Any

import pytest

from puna.core.errors import ContextLengthExceeded, InvalidRequest, UnsupportedSchema
from puna.core.formats import JsonSchema
from puna.core.messages import Image, Message, Text, ToolCall
from puna.core.requests import ChatRequest
from puna.core.subjects import AnswerSchema, Conversation, MessageAt, Setting, ToolSchema
from puna.core.tools import ToolChoice
from tests.pictures import plain
from tests.scripted import ScriptedServer

USER = {"role": "user", "content": "Hello"}
TOOL = {"name": "look", "description": "Looks.", "input_schema": {"type": "object", "properties": {}}}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"at": 1}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "found"}
PICTURE = base64.b64encode(plain()).decode()


def heard(server: ScriptedServer, *messages: Any, **fields: Any) -> ChatRequest:
    """What the engine is asked."""
    with server.http() as http:
        body = {"model": "plain", "max_tokens": 100, "messages": messages or [USER], **fields}
        answer = http.post("/v1/messages", json=body)
    assert answer.status_code == 200, answer.text
    request: ChatRequest = server.script.request
    return request


def refused(server: ScriptedServer, *messages: Any, **fields: Any) -> str:
    """What is said of a request that can't be carried out."""
    with server.http() as http:
        body = {"model": "plain", "max_tokens": 100, "messages": messages or [USER], **fields}
        answer = http.post("/v1/messages", json=body)
    assert answer.status_code == 400, answer.text
    error = answer.json()
    assert (error["type"], error["error"]["type"]) == ("error", "invalid_request_error")
    message: str = error["error"]["message"]
    return message


def texts(message: Message) -> tuple[str, ...]:
    return tuple(part.text for part in message.content if isinstance(part, Text))


def test_the_system_prompt_is_a_text_or_blocks(scripted: ScriptedServer) -> None:
    assert [(one.role, one.text) for one in heard(scripted, system="Be kind.").messages] == [
        ("system", "Be kind."),
        ("user", "Hello"),
    ]
    blocks = [
        {"type": "text", "text": "Be"},
        {"type": "text", "text": "kind.", "cache_control": {"type": "ephemeral"}},
    ]
    assert texts(heard(scripted, system=blocks).messages[0]) == ("Be", "kind.")
    later = heard(scripted, USER, {"role": "system", "content": "Be brief."}, USER)
    assert [one.role for one in later.messages] == ["user", "system", "user"]


def test_what_a_client_counts_by_is_nothing_for_the_model(scripted: ScriptedServer) -> None:
    blocks = [
        {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1;"},
        {"type": "text", "text": "Be kind."},
    ]
    assert texts(heard(scripted, system=blocks).messages[0]) == ("Be kind.",)
    assert [one.role for one in heard(scripted, system=blocks[:1]).messages] == ["user"]


def test_a_prompt_that_is_too_long_is_told_in_anthropic_s_words(scripted: ScriptedServer) -> None:
    scripted.script.answer(ContextLengthExceeded(5000, 4096, about=Conversation()))
    assert refused(scripted).startswith("prompt is too long: 5000 tokens > 4096 maximum. ")
    assert "at least 25000 tokens > 4096 maximum" in refused(
        scripted, {"role": "user", "content": "x" * 500_000}, model="tiny"
    )


def test_what_one_side_says_in_a_row_is_one_turn(scripted: ScriptedServer) -> None:
    said = [USER, {"role": "user", "content": "again"}, {"role": "assistant", "content": "Yes"}]
    messages = heard(scripted, *said).messages
    assert [(one.role, texts(one)) for one in messages] == [("user", ("Hello", "again")), ("assistant", ("Yes",))]


def test_calls_and_results(scripted: ScriptedServer) -> None:
    second = {**CALL, "id": "toolu_2", "input": {"big": 2**70}}
    results = [
        {"type": "text", "text": "Now?"},
        RESULT,
        {
            "type": "tool_result",
            "tool_use_id": "toolu_2",
            "is_error": True,
            "content": [{"type": "text", "text": "no"}],
        },
    ]
    messages = heard(
        scripted,
        USER,
        {"role": "assistant", "content": [{"type": "text", "text": "I look."}, CALL, second]},
        {"role": "user", "content": results},
        tools=[TOOL],
    ).messages
    assert [one.role for one in messages] == ["user", "assistant", "tool", "tool", "user"]
    assert messages[1].tool_calls == (
        ToolCall("toolu_1", "look", '{"at":1}'),
        ToolCall("toolu_2", "look", '{"big":1180591620717411303424}'),
    )
    assert (messages[2].tool_call_id, texts(messages[2])) == ("toolu_1", ("found",))
    assert (messages[3].tool_call_id, texts(messages[3])) == ("toolu_2", ("The call failed:", "no"))
    assert texts(messages[4]) == ("Now?",)


@pytest.mark.parametrize(
    ("messages", "says"),
    [
        ([USER, {"role": "assistant", "content": [CALL]}, USER], "immediately after: toolu_1"),
        ([USER, {"role": "assistant", "content": [CALL]}], "messages[1].content[0]"),
        ([{"role": "user", "content": [RESULT]}], "messages[0].content[0].tool_use_id"),
        ([USER, {"role": "assistant", "content": [CALL, CALL]}], "Two calls have the id 'toolu_1'"),
        (
            [USER, {"role": "assistant", "content": [CALL]}, {"role": "user", "content": [RESULT, RESULT]}],
            "messages[2].content[1].tool_use_id",
        ),
        ([{"role": "user", "content": [CALL]}], "Invalid value for 'messages[0].content[0].type': 'tool_use'"),
        ([{"role": "tool", "content": "x"}], "Invalid value for 'messages[0].role'"),
        (
            [{"role": "user", "content": [{"type": "text"}]}],
            "Missing required parameter: 'messages[0].content[0].text'",
        ),
        ([{"role": "user", "content": [{"type": "text", "text": "x", "odd": 1}]}], "'messages[0].content[0].odd'"),
        ([{"role": "user"}], "messages[0].content"),
    ],
)
def test_a_conversation_that_is_none(scripted: ScriptedServer, messages: list[Any], says: str) -> None:
    assert says in refused(scripted, *messages, tools=[TOOL])


def test_pictures(scripted: ScriptedServer) -> None:
    block = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PICTURE}}
    result = {**RESULT, "content": [{"type": "text", "text": "seen"}, block]}
    said = [
        {"role": "user", "content": [block, {"type": "text", "text": "What is it?"}]},
        {"role": "assistant", "content": [CALL]},
        {"role": "user", "content": [result]},
    ]
    messages = heard(scripted, *said, model="sees", tools=[TOOL]).messages
    assert isinstance(messages[0].content[0], Image)
    assert isinstance(messages[2].content[1], Image)
    assert "does not support images" in refused(scripted, *said, tools=[TOOL])
    wrong = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}
    says = refused(scripted, {"role": "user", "content": [wrong]}, model="sees")
    assert "messages[0].content[0].source.data" in says
    near = {"type": "image", "source": {"type": "url", "url": "http://127.0.0.1:1/x.png"}}
    says = refused(scripted, {"role": "user", "content": [near]}, model="sees")
    assert "messages[0].content[0].source.url" in says


def test_documents_of_text(scripted: ScriptedServer) -> None:
    content = [
        {
            "type": "document",
            "title": "Notes",
            "context": "Of today.",
            "source": {"type": "text", "media_type": "text/plain", "data": "It rains."},
        },
        {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "One."}]}},
        {
            "type": "search_result",
            "source": "https://example.com",
            "title": "Rain",
            "content": [{"type": "text", "text": "Falls."}],
            "citations": {"enabled": False},
        },
    ]
    [message] = heard(scripted, {"role": "user", "content": content}).messages
    assert texts(message) == (
        "Document: Notes\nOf today.",
        "It rains.",
        "Document:",
        "One.",
        "Search result: Rain (https://example.com)",
        "Falls.",
    )


@pytest.mark.parametrize(
    ("block", "says"),
    [
        (
            {"source": {"type": "base64", "media_type": "application/pdf", "data": "AA=="}},
            "PDF files are not supported",
        ),
        ({"source": {"type": "url", "url": "https://example.com/x.pdf"}}, "PDF files are not supported"),
        ({"source": {"type": "file", "file_id": "file_1"}}, "Uploaded files are not supported"),
        (
            {
                "source": {"type": "text", "media_type": "text/plain", "data": "x"},
                "citations": {"enabled": True},
            },
            "Citations are not supported",
        ),
    ],
)
def test_documents_that_can_t_be_read(scripted: ScriptedServer, block: dict[str, Any], says: str) -> None:
    assert says in refused(scripted, {"role": "user", "content": [{"type": "document", **block}]})


def test_sampling_and_its_limits(scripted: ScriptedServer) -> None:
    asked = heard(scripted, temperature=0.5, top_p=0.9, top_k=7, stop_sequences=["END", "\n\n"])
    sampling = asked.sampling
    assert (sampling.temperature, sampling.top_p, sampling.top_k) == (0.5, 0.9, 7)
    assert (sampling.stop, sampling.max_tokens) == (("END", "\n\n"), 100)
    unset = heard(scripted).sampling
    assert (unset.temperature, unset.top_p, unset.top_k, unset.min_p) == (1.0, 1.0, 0, 0.0)
    for name, value in (
        ("temperature", 1.1),
        ("top_p", -1),
        ("top_k", -1),
        ("max_tokens", -1),
        ("stop_sequences", [""]),
    ):
        assert name in refused(scripted, **{name: value})


@pytest.mark.parametrize(
    ("choice", "expected", "parallel"),
    [
        (None, ToolChoice(), True),
        ({"type": "auto"}, ToolChoice(), True),
        ({"type": "auto", "disable_parallel_tool_use": True}, ToolChoice(), False),
        ({"type": "any"}, ToolChoice(mode="required"), True),
        (
            {"type": "tool", "name": "look", "disable_parallel_tool_use": True},
            ToolChoice(mode="required", names=("look",)),
            False,
        ),
        ({"type": "none"}, ToolChoice(mode="none"), True),
    ],
)
def test_whether_a_tool_is_called(
    scripted: ScriptedServer, choice: Any, expected: ToolChoice, parallel: bool
) -> None:
    asked = heard(scripted, tools=[TOOL], **({"tool_choice": choice} if choice else {}))
    assert (asked.tool_choice, asked.parallel_tool_calls) == (expected, parallel)
    assert [tool.name for tool in asked.tools] == ["look"]


def test_what_is_said_of_a_tool_reaches_the_model(scripted: ScriptedServer) -> None:
    told = {**TOOL, "strict": True, "input_examples": [{"at": 1}], "type": "custom", "eager_input_streaming": True}
    [tool] = heard(scripted, tools=[told]).tools
    assert (tool.strict, tool.description) == (True, 'Looks.\nExamples of arguments:\n{"at":1}')


def test_tools_of_anthropic_s_own_that_its_clients_run(scripted: ScriptedServer) -> None:
    tools = [
        {"type": "bash_20250124", "name": "bash"},
        {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool", "max_characters": 999},
        {"type": "memory_20250818", "name": "memory"},
    ]
    bash, editor, memory = heard(scripted, tools=tools).tools
    assert set(bash.parameters["properties"]) == {"command", "restart"}
    assert "999 characters" in editor.description
    assert editor.parameters["properties"]["command"]["enum"] == ["view", "create", "str_replace", "insert"]
    assert memory.parameters["properties"]["command"]["enum"][-2:] == ["delete", "rename"]
    assert "Invalid value for 'tools[0].name'" in refused(scripted, tools=[{"type": "bash_20250124", "name": "sh"}])
    assert "'tools[0].type'" in refused(scripted, tools=[{"type": "computer_20251124", "name": "computer"}])


SEARCH = {"type": "web_search_20260318", "name": "web_search", "max_uses": 3}


def test_a_hosted_tool_beside_others_is_left_out_and_named(scripted: ScriptedServer) -> None:
    with scripted.http() as http:
        body = {"model": "plain", "max_tokens": 9, "messages": [USER], "tools": [SEARCH, TOOL]}
        answer = http.post("/v1/messages", json=body)
    assert answer.headers["puna-ignored"] == "web_search"
    assert [tool.name for tool in scripted.script.request.tools] == ["look"]


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [SEARCH]},
        {"tools": [SEARCH, TOOL], "tool_choice": {"type": "tool", "name": "web_search"}},
    ],
)
def test_a_hosted_tool_that_is_wanted_is_refused(scripted: ScriptedServer, fields: dict[str, Any]) -> None:
    assert "'web_search' is not available" in refused(scripted, **fields)


def test_tools_that_are_to_be_loaded_later(scripted: ScriptedServer) -> None:
    later = {**TOOL, "name": "far", "defer_loading": True}
    search = {**TOOL, "name": "search"}
    assert [tool.name for tool in heard(scripted, tools=[search, later]).tools] == ["search"]
    found = {**RESULT, "content": [{"type": "tool_reference", "tool_name": "far"}]}
    said = [
        USER,
        {"role": "assistant", "content": [{**CALL, "name": "search"}]},
        {"role": "user", "content": [found]},
    ]
    assert [tool.name for tool in heard(scripted, *said, tools=[search, later]).tools] == ["search", "far"]
    hosted = {"type": "tool_search_tool_bm25_20251119", "name": "tool_search_tool_bm25"}
    assert [tool.name for tool in heard(scripted, tools=[hosted, later]).tools] == ["far"]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"tools": [TOOL, TOOL]}, "Two tools have the name 'look'"),
        ({"tool_choice": {"type": "any"}}, "only allowed when 'tools'"),
        ({"tools": [TOOL], "tool_choice": {"type": "tool", "name": "other"}}, "no tool is called 'other'"),
        ({"tools": [{"name": "x y", "input_schema": {}}]}, "tools[0].name"),
        ({"tools": [{"name": "x"}]}, "Missing required parameter: 'tools[0].input_schema'"),
        ({"mcp_servers": [{"type": "url"}]}, "MCP servers are not supported"),
        ({"container": "c"}, "Running code is not supported"),
        (
            {"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}},
            "context_management.edits[0].type",
        ),
        ({"sampling_magic": 1}, "Unknown parameter: 'sampling_magic'"),
        ({"thinking": {"type": "enabled", "budget_tokens": 10}}, "thinking.budget_tokens"),
        ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, "greater than 'thinking.budget_tokens'"),
        ({"thinking": {"type": "between_tools"}}, "thinking.type"),
    ],
)
def test_what_is_refused_by_name(scripted: ScriptedServer, fields: dict[str, Any], says: str) -> None:
    assert says in refused(scripted, **fields)


def test_what_says_nothing_of_the_answer_changes_nothing(scripted: ScriptedServer) -> None:
    bare = heard(scripted)
    hints: dict[str, Any] = {
        "metadata": {"user_id": "me"},
        "service_tier": "auto",
        "speed": "standard",
        "inference_geo": "eu",
        "cache_control": {"type": "ephemeral", "ttl": "1h"},
        "diagnostics": {"previous_message_id": None},
        "container": None,
        "mcp_servers": [],
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
    }
    assert heard(scripted, **hints) == bare


@pytest.mark.parametrize(
    ("fields", "effort", "tokens"),
    [
        ({}, "none", None),
        ({"thinking": {"type": "disabled"}, "output_config": {"effort": "high"}}, "none", None),
        ({"thinking": {"type": "adaptive"}}, "medium", None),
        ({"output_config": {"effort": "max"}}, "none", None),
        ({"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}}, "max", None),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2000}, "medium", 1024),
    ],
)
def test_how_much_it_thinks(
    scripted: ScriptedServer, fields: dict[str, Any], effort: str, tokens: int | None
) -> None:
    asked = heard(scripted, **fields)
    assert (asked.effort, asked.thinking_tokens) == (effort, tokens)


@pytest.mark.parametrize("name", ["output_config", "output_format"])
def test_the_form_of_an_answer(scripted: ScriptedServer, name: str) -> None:
    form = {"type": "json_schema", "schema": {"type": "object"}}
    scripted.script.say("{}")
    asked = heard(scripted, **{name: {"format": form} if name == "output_config" else form})
    assert asked.format == JsonSchema(schema={"type": "object"})
    scripted.script.answer(UnsupportedSchema("it has no instance", AnswerSchema(("properties", "x"))))
    says = refused(scripted, **{name: {"format": form} if name == "output_config" else form})
    field = "output_config.format" if name == "output_config" else name
    assert f"{field}.schema.properties.x" in says


def test_what_an_error_of_the_engine_s_is_about(scripted: ScriptedServer) -> None:
    said = [
        USER,
        {"role": "assistant", "content": [CALL]},
        {"role": "user", "content": [RESULT, {"type": "text", "text": "So?"}]},
    ]
    for about, field in (
        (MessageAt(1), "messages[2]"),
        (MessageAt(2), "messages[2]"),
        (MessageAt(3), "messages[1]"),
        (MessageAt(5), "system"),
        (ToolSchema("look", ("required",)), "tools[0].input_schema.required"),
        (Setting("stop"), "stop_sequences"),
    ):
        scripted.script.answer(InvalidRequest("It can't be.", about=about))
        assert field in refused(scripted, *said, tools=[TOOL], system="Be kind.")
