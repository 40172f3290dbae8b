"""Tools that the client runs, tools in namespaces, and tools that only OpenAI has."""

from typing import Any

import orjson
import pytest

from puna.core.tools import ToolChoice
from tests.api.openai.responses.wire import WEATHER, check_response, post, stream
from tests.scripted import ScriptedServer

AGENTS: dict[str, Any] = {
    "type": "namespace",
    "name": "multi_agent_v1",
    "description": "Tools for sub-agents.",
    "tools": [
        {"type": "function", "name": "close_agent", "strict": False, "parameters": WEATHER["parameters"]},
        {"type": "custom", "name": "note", "description": "Takes a note."},
    ],
}
SHELL = {"type": "shell", "environment": {"type": "local"}}
SEARCH = {"type": "tool_search", "execution": "client", "description": "Finds tools.", "parameters": None}
ACTIONS: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any], str]] = [
    (
        {"type": "local_shell"},
        {"command": ["ls", "-l"], "timeout_ms": 1000},
        {
            "type": "local_shell_call",
            "action": {
                "type": "exec",
                "command": ["ls", "-l"],
                "env": {},
                "timeout_ms": 1000,
                "user": None,
                "working_directory": None,
            },
        },
        {"type": "local_shell_call_output", "id": "call_1", "output": "a.txt"},
        "a.txt",
    ),
    (
        SHELL,
        {"commands": ["ls", "false"]},
        {
            "type": "shell_call",
            "action": {"commands": ["ls", "false"], "timeout_ms": None, "max_output_length": None},
            "environment": {"type": "local"},
        },
        {
            "type": "shell_call_output",
            "call_id": "call_1",
            "max_output_length": None,
            "output": [
                {"stdout": "a.txt\n", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}},
                {"stdout": "", "stderr": "no\n", "outcome": {"type": "timeout"}},
            ],
        },
        "a.txt\n[exit code 0]\nno\n[timed out]",
    ),
    (
        {"type": "apply_patch"},
        {"type": "update_file", "path": "a.txt", "diff": "@@\n-a\n+b"},
        {"type": "apply_patch_call", "operation": {"type": "update_file", "path": "a.txt", "diff": "@@\n-a\n+b"}},
        {"type": "apply_patch_call_output", "call_id": "call_1", "status": "failed", "output": "no such file"},
        "failed\nno such file",
    ),
    (
        {"type": "apply_patch"},
        {"diff": "", "type": "delete_file", "path": "a.txt"},
        {"type": "apply_patch_call", "operation": {"type": "delete_file", "path": "a.txt"}},
        {"type": "apply_patch_call_output", "call_id": "call_1", "status": "completed"},
        "completed",
    ),
    (
        SEARCH,
        {"query": "weather"},
        {"type": "tool_search_call", "execution": "client", "arguments": {"query": "weather"}},
        {"type": "tool_search_output", "call_id": "call_1", "execution": "client", "tools": [WEATHER]},
        "Found: weather",
    ),
]


@pytest.mark.parametrize(("tool", "arguments", "item", "output", "read"), ACTIONS)
def test_what_the_client_runs_is_called_and_answered_in_items_of_its_own_types(
    scripted: ScriptedServer,
    tool: dict[str, Any],
    arguments: dict[str, Any],
    item: dict[str, Any],
    output: dict[str, Any],
    read: str,
) -> None:
    written = orjson.dumps(arguments).decode()
    scripted.script.call(tool["type"], written[:9], written[9:])
    events = stream(scripted, input="Do it", tools=[tool], store=True)
    offered = scripted.script.request.tools
    assert [one.name for one in offered] == [tool["type"]]
    assert offered[0].strict
    response = events[-1]["response"]
    (called,) = response["output"]
    assert item.items() <= called.items()
    assert called["status"] == "completed"
    assert called["call_id"] == "call_1"
    scripted.script.say("Done.")
    post(scripted, input=[{"role": "user", "content": "Do it"}, called, output], tools=[tool])
    _, call, result = scripted.script.request.messages
    assert call.tool_calls[0].name == tool["type"]
    assert orjson.loads(call.tool_calls[0].arguments) == arguments
    assert (result.tool_call_id, result.text) == ("call_1", read)
    scripted.script.say("Done.")
    post(scripted, input=[output], previous_response_id=response["id"], tools=[tool])
    assert scripted.script.request.messages[-1].text == read


def test_a_shells_commands_are_told_one_by_one(scripted: ScriptedServer) -> None:
    scripted.script.call("shell", '{"commands": ["ls", "pwd"]}')
    events = stream(scripted, input="Do it", tools=[SHELL])
    commands = [event for event in events if event["type"].startswith("response.shell_call_command.")]
    assert [(event["type"].rpartition(".")[2], event["command"]) for event in commands] == [
        ("added", "ls"),
        ("done", "ls"),
        ("added", "pwd"),
        ("done", "pwd"),
    ]


def test_a_call_that_was_cut_off_is_incomplete(scripted: ScriptedServer) -> None:
    from puna.core.events import Done, Finished, ToolCallDelta, Usage

    begun = ToolCallDelta(0, 0, '{"commands": ["ls', id="call_1", name="shell")
    scripted.script.answer(begun, Finished(0, "length"), Done(Usage(1, 1)))
    (called,) = post(scripted, input="Do it", tools=[SHELL])["output"]
    assert (called["status"], called["action"]["commands"]) == ("incomplete", [])


def test_a_tool_of_a_namespace_is_called_by_its_bare_name_with_its_namespace_beside_it(
    scripted: ScriptedServer,
) -> None:
    for name, arguments in (("close_agent", '{"city": "Rome"}'), ("note", '{"input": "x"}')):
        scripted.script.call(f"multi_agent_v1__{name}", arguments)
        events = stream(scripted, input="Do it", tools=[WEATHER, AGENTS])
        first, second, third = scripted.script.request.tools
        assert [one.name for one in (first, second, third)] == [
            "weather",
            "multi_agent_v1__close_agent",
            "multi_agent_v1__note",
        ]
        assert "Tools for sub-agents." in second.description
        items = [event["item"] for event in events if "item" in event] + events[-1]["response"]["output"]
        assert {(item["name"], item["namespace"]) for item in items} == {(name, "multi_agent_v1")}
        scripted.script.say("Done.")
        called = items[-1]
        output = {"type": f"{called['type']}_output", "call_id": "call_1", "output": "ok"}
        response = post(scripted, input=[called, output], tools=[WEATHER, AGENTS])
        assert scripted.script.request.messages[0].tool_calls[0].name == f"multi_agent_v1__{name}"
        check_response(response)
        assert [tool["type"] for tool in response["tools"]] == ["function", "namespace"]


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        ({"type": "function", "name": "close_agent"}, ("multi_agent_v1__close_agent",)),
        (
            {"type": "function", "name": "close_agent", "namespace": "multi_agent_v1"},
            ("multi_agent_v1__close_agent",),
        ),
        ({"type": "shell"}, ("shell",)),
        (
            {
                "type": "allowed_tools",
                "mode": "required",
                "tools": [{"type": "shell"}, {"type": "image_generation"}, {"type": "custom", "name": "note"}],
            },
            ("shell", "multi_agent_v1__note"),
        ),
    ],
)
def test_a_choice_means_them_as_the_client_knows_them(
    scripted: ScriptedServer, choice: dict[str, Any], names: tuple[str, ...]
) -> None:
    post(scripted, input="Do it", tools=[AGENTS, SHELL], tool_choice=choice)
    assert scripted.script.request.tool_choice == ToolChoice(mode="required", names=names)


def test_tools_that_are_found_are_offered_from_then_on(scripted: ScriptedServer) -> None:
    later = {**WEATHER, "defer_loading": True}
    post(scripted, input="Do it", tools=[later, SEARCH])
    assert [tool.name for tool in scripted.script.request.tools] == ["tool_search"]
    found = [
        {"type": "tool_search_call", "call_id": "call_1", "execution": "client", "arguments": {"query": "rain"}},
        {"type": "tool_search_output", "call_id": "call_1", "execution": "client", "tools": [later, AGENTS]},
    ]
    post(scripted, input=[*found, {"role": "user", "content": "And?"}], tools=[later, SEARCH])
    names = [tool.name for tool in scripted.script.request.tools]
    assert names == ["tool_search", "weather", "multi_agent_v1__close_agent", "multi_agent_v1__note"]
    scripted.script.call("multi_agent_v1__close_agent", "{}")
    answer = post(scripted, input=found, tools=[later, SEARCH])
    assert answer["output"][0]["namespace"] == "multi_agent_v1"
    added = {"type": "additional_tools", "role": "developer", "tools": [WEATHER, {"type": "web_search"}]}
    post(scripted, input=[added, {"role": "user", "content": "And?"}])
    assert [tool.name for tool in scripted.script.request.tools] == ["weather"]
    assert len(scripted.script.request.messages) == 1


def test_without_a_search_of_the_clients_every_tool_is_there_at_once(scripted: ScriptedServer) -> None:
    with scripted.http() as http:
        tools = [{**WEATHER, "defer_loading": True}, {"type": "tool_search"}]
        answer = http.post("/v1/responses", json={"model": "tiny", "input": "Do it", "tools": tools})
    assert [tool.name for tool in scripted.script.request.tools] == ["weather"]
    assert answer.headers["puna-ignored"] == "tool_search"


@pytest.mark.parametrize("streamed", [False, True])
def test_offered_tools_that_only_openai_has_are_left_out_and_named(
    scripted: ScriptedServer, streamed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    hosted = [{"type": "web_search", "external_web_access": False}, {"type": "image_generation"}]
    with scripted.http() as http:
        body = {"model": "tiny", "input": "Do it", "tools": [WEATHER, *hosted], "stream": streamed}
        answer = http.post("/v1/responses", json=body)
    assert answer.status_code == 200
    assert [tool.name for tool in scripted.script.request.tools] == ["weather"]
    assert answer.headers["puna-ignored"] == "web_search, image_generation"
    assert "'web_search' is ignored" in caplog.text
    if not streamed:
        assert [tool["type"] for tool in check_response(answer.json()).model_dump()["tools"]] == ["function"]


def test_a_wish_for_all_thoughts_is_no_reason_to_refuse_and_the_response_says_what_there_is(
    scripted: ScriptedServer,
) -> None:
    with scripted.http() as http:
        body = {"model": "tiny", "input": "Hello", "reasoning": {"context": "all_turns"}}
        answer = http.post("/v1/responses", json=body)
    assert answer.headers["puna-ignored"] == "reasoning.context"
    assert check_response(answer.json()).model_dump()["reasoning"]["context"] == "auto"


def test_a_choice_of_nothing_makes_even_tools_that_are_not_here_harmless(scripted: ScriptedServer) -> None:
    assert post(scripted, input="Hello", tools=[{"type": "web_search"}], tool_choice="none")["tools"] == []


def test_codex_answers_a_local_shell_as_a_function(scripted: ScriptedServer) -> None:
    action = {"type": "exec", "command": ["ls"], "env": {}}
    called = {"type": "local_shell_call", "call_id": "call_1", "action": action, "status": "completed"}
    output = {"type": "function_call_output", "call_id": "call_1", "output": "a.txt"}
    post(scripted, input=[called, output], tools=[{"type": "local_shell"}])
    assert scripted.script.request.messages[-1].text == "a.txt"
