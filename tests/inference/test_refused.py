"""A conversation that was too long is refused again at once, and no other is."""

from typing import Any

import pytest

from puna.core.errors import ContextLengthExceeded
from puna.core.subjects import Conversation
from tests.scripted import ScriptedServer

LONG = "word " * 2_000
TOOL = {"type": "function", "function": {"name": "add", "description": "Adds."}}

MORE = {"/v1/messages": {"max_tokens": 5}}
"""What a dialect wants besides."""


def refuse(server: ScriptedServer, path: str = "/v1/chat/completions", text: str = LONG, **fields: Any) -> Any:
    """The refusal of a request that the engine finds too long, if it is asked."""
    server.script.answer(ContextLengthExceeded(5_000, 4_096, about=Conversation()))
    with server.http() as http:
        said = [{"role": "user", "content": text}]
        asked = {"input": said} if path == "/v1/responses" else {"messages": said, **MORE.get(path, {})}
        body = {"model": "plain", "stream": False, **asked, **fields}
        answer = http.post(path, json=body)
    assert answer.status_code == 400, answer.text
    return answer.json()


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses", "/v1/messages", "/api/chat"])
def test_the_engine_is_asked_once(scripted: ScriptedServer, path: str) -> None:
    text = f"{LONG}{path}"
    first = refuse(scripted, path, text)
    assert len(scripted.script.requests) == 1
    for _ in range(3):
        assert refuse(scripted, path, text) == first
    assert len(scripted.script.requests) == 1
    assert "4096" in str(first)
    assert "5000" in str(first)


@pytest.mark.parametrize(
    "changed",
    [{"text": f"{LONG}more"}, {"tools": [TOOL]}, {"model": "tiny"}, {"chat_template_kwargs": {"day": "Friday"}}],
)
def test_another_conversation_is_looked_at(scripted: ScriptedServer, changed: dict[str, Any]) -> None:
    refuse(scripted)
    known = len(scripted.script.requests)
    refuse(scripted, **changed)
    assert len(scripted.script.requests) == known + 1


def test_sampling_is_no_matter(scripted: ScriptedServer) -> None:
    refuse(scripted, text=f"{LONG}sampled")
    known = len(scripted.script.requests)
    refuse(scripted, text=f"{LONG}sampled", temperature=0, max_tokens=5, seed=1)
    assert len(scripted.script.requests) == known


def test_what_was_answered_is_answered_again(scripted: ScriptedServer) -> None:
    for _ in range(2):
        scripted.script.say("Yes.")
        with scripted.http() as http:
            body = {"model": "plain", "messages": [{"role": "user", "content": f"{LONG}answered"}]}
            assert http.post("/v1/chat/completions", json=body).status_code == 200
    assert len(scripted.script.requests) == 2
