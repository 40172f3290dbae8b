"""Thoughts that come back: signed, so that a changed one is refused."""

from typing import Any

import pytest

from puna.core.requests import ChatRequest
from tests.scripted import ScriptedServer

USER = {"role": "user", "content": "Well?"}


def ask(server: ScriptedServer, *messages: Any, **fields: Any) -> tuple[int, dict[str, Any]]:
    body = {"model": "plain", "max_tokens": 100, "messages": [USER, *messages], **fields}
    with server.http() as http:
        answer = http.post("/v1/messages", json=body)
    return answer.status_code, answer.json()


def thought_of(server: ScriptedServer, **thinking: Any) -> dict[str, Any]:
    """The block of a thought."""
    server.script.say("Yes.", thinking=["I won", "der."])
    _, message = ask(server, thinking={"type": "adaptive", **thinking})
    block: dict[str, Any] = message["content"][0]
    assert block["type"] == "thinking"
    return block


def heard(server: ScriptedServer, *blocks: Any, **fields: Any) -> str | None:
    """What the engine is told that the model thought before."""
    status, answer = ask(
        server, {"role": "assistant", "content": [*blocks, {"type": "text", "text": "Yes."}]}, **fields
    )
    assert status == 200, answer
    request: ChatRequest = server.script.request
    return request.messages[1].reasoning


def test_a_thought_comes_back_as_it_was(scripted: ScriptedServer) -> None:
    block = thought_of(scripted)
    assert block["thinking"] == "I wonder."
    assert heard(scripted, block) == "I wonder."


def test_one_that_is_omitted_comes_back_from_its_signature(scripted: ScriptedServer) -> None:
    block = thought_of(scripted, display="omitted")
    assert block["thinking"] == ""
    assert "wonder" not in block["signature"]
    assert heard(scripted, block) == "I wonder."
    assert heard(scripted, {"type": "redacted_thinking", "data": block["signature"]}) == "I wonder."


@pytest.mark.parametrize(
    "changed",
    [{"thinking": "I know."}, {"thinking": ""}, {"signature": "AAAA"}, {"signature": ""}],
)
def test_a_changed_one_is_refused(scripted: ScriptedServer, changed: dict[str, str]) -> None:
    said = {"role": "assistant", "content": [{**thought_of(scripted), **changed}]}
    status, answer = ask(scripted, said)
    assert status == 400
    assert "messages[1].content[0]" in answer["error"]["message"]


def test_what_was_sealed_elsewhere_or_for_something_else_is_refused(scripted: ScriptedServer) -> None:
    shown = thought_of(scripted)
    for data in ("EuYBCkQYAiJA", shown["signature"]):
        said = {"role": "assistant", "content": [{"type": "redacted_thinking", "data": data}]}
        assert ask(scripted, said)[0] == 400


def test_older_thoughts_are_cleared_where_that_is_asked_for(scripted: ScriptedServer) -> None:
    first = {"role": "assistant", "content": [thought_of(scripted), {"type": "text", "text": "Yes."}]}
    edits = [{"type": "clear_thinking_20251015", "keep": {"type": "thinking_turns", "value": 1}}]
    status, answer = ask(scripted, first, USER, first, USER, context_management={"edits": edits})
    assert status == 200
    assert [one.reasoning for one in scripted.script.request.messages] == [None, None, None, "I wonder.", None]
    [edit] = answer["context_management"]["applied_edits"]
    assert (edit["type"], edit["cleared_thinking_turns"]) == ("clear_thinking_20251015", 1)
    assert edit["cleared_input_tokens"] == 0  # the scripted engine counts no thoughts
    everything = [{"type": "clear_thinking_20251015", "keep": "all"}]
    _, kept = ask(scripted, first, USER, first, USER, context_management={"edits": everything})
    assert kept["context_management"] == {"applied_edits": []}
    assert scripted.script.request.messages[1].reasoning == "I wonder."
