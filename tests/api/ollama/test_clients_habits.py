"""What clients of Ollama's API send and its documentation does not have."""

import logging
from typing import Any

import pytest

from puna.core.tools import ToolChoice
from tests.scripted import ScriptedServer

ASK = [{"role": "user", "content": "Hello"}]
TOOLS = [{"type": "function", "function": {"name": name}} for name in ("add", "sub")]


def posted(server: ScriptedServer, path: str = "/api/chat", **fields: Any) -> Any:
    """The answer to a request."""
    server.script.clear()
    given = {"messages": ASK, "stream": False} if path == "/api/chat" else {}
    with server.http() as http:
        return http.post(path, json={"model": "plain", **given, **fields})


def heard(server: ScriptedServer, **fields: Any) -> Any:
    """A request as the engine got it."""
    answer = posted(server, **fields)
    assert answer.status_code == 200, answer.text
    return server.script.request


@pytest.mark.parametrize(
    ("given", "choice"),
    [
        ("auto", ToolChoice()),
        ("", ToolChoice()),
        (None, ToolChoice()),
        ("none", ToolChoice(mode="none")),
        ("required", ToolChoice(mode="required")),
        ("any", ToolChoice(mode="required")),
        ({"type": "function", "function": {"name": "sub"}}, ToolChoice(mode="required", names=("sub",))),
    ],
)
def test_a_tool_choice_acts(scripted: ScriptedServer, given: Any, choice: ToolChoice) -> None:
    assert heard(scripted, tools=TOOLS, tool_choice=given).tool_choice == choice


@pytest.mark.parametrize(
    "given",
    [
        {"tools": TOOLS, "tool_choice": {"type": "function", "function": {"name": "mul"}}},
        {"tools": TOOLS, "tool_choice": "perhaps"},
        {"tool_choice": "required"},
    ],
)
def test_a_tool_choice_that_cannot_be_met_is_refused(scripted: ScriptedServer, given: Any) -> None:
    answer = posted(scripted, **given)
    assert answer.status_code == 400
    assert "tool_choice" in answer.json()["error"]


@pytest.mark.parametrize(
    ("given", "setting"),
    [
        ({"temperature": 0.25}, ("temperature", 0.25)),
        ({"top_p": 0.5, "options": {"temperature": 1}}, ("top_p", 0.5)),
        ({"temperature": 0.25, "options": {"temperature": 1}}, ("temperature", 1)),
        ({"max_output_tokens": 7}, ("max_tokens", 7)),
        ({"max_tokens": 7}, ("max_tokens", 7)),
        ({"seed": 7, "options": None}, ("seed", 7)),
        ({"stop": ["x"]}, ("stop", ("x",))),
        ({"temperature": None}, ("temperature", 0.8)),
    ],
)
@pytest.mark.parametrize("path", ["/api/chat", "/api/generate"])
def test_options_may_stand_beside(
    scripted: ScriptedServer, path: str, given: dict[str, Any], setting: tuple[str, Any]
) -> None:
    prompt = {"prompt": "x", "stream": False} if path == "/api/generate" else {}
    assert getattr(heard(scripted, path=path, **prompt, **given).sampling, setting[0]) == setting[1]


@pytest.mark.parametrize(
    ("path", "given"),
    [("/api/chat", {}), ("/api/generate", {"prompt": "x", "stream": False}), ("/api/embed", {"input": "x"})],
)
def test_keep_alive_may_stand_among_the_options(scripted: ScriptedServer, path: str, given: dict[str, Any]) -> None:
    assert posted(scripted, path, options={"keep_alive": "5m"}, **given).status_code == 200
    answer = posted(scripted, path, options={"keep_alive": "never"}, **given)
    assert answer.status_code == 400
    assert "keep_alive" in answer.json()["error"]
    # The one that stands where it belongs counts.
    assert posted(scripted, path, options={"keep_alive": "never"}, keep_alive=0, **given).status_code == 200


def test_an_option_that_nobody_knows_is_named_in_a_header_and_the_log(
    scripted: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    plain = heard(scripted)
    with caplog.at_level(logging.WARNING):
        answer = posted(scripted, options={"new_topic_penalty": 1, "f16_kv": True, "no\nsense": 1, "top_a": 0})
    assert answer.status_code == 200
    assert answer.headers["Puna-Ignored"] == (
        "options.new_topic_penalty, options.f16_kv, options.no%0Asense, options.top_a"
    )
    assert "options.new_topic_penalty" in caplog.text
    assert scripted.script.request == plain
    assert "Puna-Ignored" not in posted(scripted, options={"temperature": 1, "tfs_z": None}).headers


@pytest.mark.parametrize("path", ["/api/chat", "/api/generate", "/api/embed"])
def test_the_header_is_there_in_streams_too(scripted: ScriptedServer, path: str) -> None:
    asks: dict[str, dict[str, Any]] = {
        "/api/chat": {"messages": ASK},
        "/api/generate": {"prompt": "x"},
        "/api/embed": {"input": "x"},
    }
    given = asks[path]
    with scripted.http() as http:
        answer = http.post(path, json={"model": "plain", "options": {"magic": 1}, **given})
    assert answer.headers["Puna-Ignored"] == "options.magic"


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"temprature": 1}, "did you mean 'temperature'?"),
        ({"num_cxt": 1}, "did you mean 'num_ctx'?"),
        ({"dry_multiplier": 0.5}, "unknown parameter 'dry_multiplier'"),
        ({"grammar": "root ::= a"}, "unknown parameter 'grammar'"),
        ({"mirostat": 2}, "not supported"),
        ({"temperature": "0.5"}, "has to be a number, not '0.5'"),
        ({"num_predict": "5"}, "has to be a whole number, not '5'"),
        ({"use_mmap": "true"}, "has to be true or false, not 'true'"),
        ({"stop": 5}, "has to be a text, not 5"),
    ],
)
def test_an_option_that_would_change_the_answer_is_refused(
    scripted: ScriptedServer, option: dict[str, Any], words: str
) -> None:
    answer = posted(scripted, options=option)
    assert answer.status_code == 400
    assert words in answer.json()["error"]


@pytest.mark.parametrize("model", ["tiny", "tiny:latest", "registry.ollama.ai/library/tiny:latest"])
def test_a_pull_of_the_bundled_model_is_a_success(scripted: ScriptedServer, model: str) -> None:
    assert scripted.ollama().pull(model).status == "success"
    assert [row.status for row in scripted.ollama().pull(model, stream=True)] == ["pulling manifest", "success"]


def test_a_call_with_its_number_beside_the_function(scripted: ScriptedServer) -> None:
    call = {"index": 0, "id": "c1", "function": {"name": "add", "arguments": {"a": 1}}}
    request = heard(scripted, messages=[{"role": "assistant", "content": "", "tool_calls": [call]}])
    assert [made.id for made in request.messages[0].tool_calls] == ["c1"]


@pytest.mark.parametrize("path", ["/api/generate/api/show", "/api/chat/api/tags"])
def test_a_path_with_another_one_behind_it_gets_a_hint(scripted: ScriptedServer, path: str) -> None:
    answer = posted(scripted, path)
    assert answer.status_code == 404
    assert answer.json()["error"].endswith(f"here it is {path[path.rfind('/api/') :]}")
