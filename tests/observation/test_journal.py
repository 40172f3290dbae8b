"""What became of a request is told to the entry that travels with it."""

from typing import Any

import pytest

from puna.observation.journal import Entry, entry_of, keep
from tests.scripted import ScriptedServer

MESSAGES = [{"role": "user", "content": "hi"}]

ROUTES: list[tuple[str, dict[str, Any]]] = [
    ("/v1/chat/completions", {"messages": MESSAGES}),
    ("/v1/chat/completions", {"messages": MESSAGES, "stream": True}),
    ("/v1/completions", {"prompt": "hi"}),
    ("/v1/responses", {"input": "hi", "store": False}),
    ("/v1/responses", {"input": "hi", "store": False, "stream": True}),
    ("/v1/responses/compact", {"input": "hi"}),
    ("/api/chat", {"messages": MESSAGES}),
    ("/api/generate", {"prompt": "hi"}),
    ("/api/generate", {"prompt": "hi", "raw": True, "stream": False}),
]


def test_an_entry_stays_with_its_request() -> None:
    scope: dict[str, Any] = {"type": "http"}
    assert entry_of(scope).id == ""
    entry = Entry(id="one")
    keep(scope, entry)
    assert entry_of(scope) is entry


@pytest.mark.parametrize(("path", "body"), ROUTES)
def test_every_route_that_generates_is_counted(scripted: ScriptedServer, path: str, body: dict[str, Any]) -> None:
    before = generated(scripted)
    with scripted.http() as http:
        assert http.post(path, json={"model": "plain", **body}).status_code == 200
    assert generated(scripted) == before + 5


def generated(server: ScriptedServer) -> float:
    """How many tokens `plain` has generated, as /metrics says."""
    with server.http() as http:
        lines = http.get("/metrics").text.splitlines()
    start = 'puna_tokens_total{kind="completion",model="plain:latest"} '
    return sum(float(line.removeprefix(start)) for line in lines if line.startswith(start))
