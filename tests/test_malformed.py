"""Requests with one mistake each, and what must be said of it: tests/malformed.jsonl, a line for each.

`with` changes fields of a good request; a field that is null there is missing. `says` is how the message begins, in
the dialect whose errors have neither `param` nor `code`.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.server import RunningServer

LINES = [json.loads(line) for line in Path(__file__).with_name("malformed.jsonl").read_text().splitlines()]
MESSAGES = [{"role": "user", "content": "x"}]
GOOD: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"model": "tiny", "messages": MESSAGES},
    "/v1/completions": {"model": "tiny", "prompt": "x"},
    "/v1/embeddings": {"model": "tiny", "input": "x"},
    "/v1/responses": {"model": "tiny", "input": "x"},
    "/v1/responses/input_tokens": {"model": "tiny", "input": "x"},
    "/v1/responses/compact": {"model": "tiny", "input": "x"},
    "/v1/conversations": {},
    "/api/chat": {"model": "tiny", "messages": MESSAGES, "stream": False},
    "/api/generate": {"model": "tiny", "prompt": "x", "stream": False},
    "/api/embed": {"model": "tiny", "input": "x"},
    "/api/show": {"model": "tiny"},
    "/api/copy": {"source": "tiny", "destination": "new"},
    "/api/create": {"model": "new", "from": "tiny", "stream": False},
}


def test_there_are_enough() -> None:
    assert len(LINES) >= 300
    assert {line["path"] for line in LINES} == GOOD.keys()


@pytest.mark.parametrize("path", GOOD)
def test_each_mistake_is_named(server: RunningServer, path: str) -> None:
    wrong = []
    with server.http() as http:
        for line in (line for line in LINES if line["path"] == path):
            changed = {**GOOD[path], **line["with"]}
            answer = http.post(path, json={name: value for name, value in changed.items() if value is not None})
            error = answer.json()["error"]
            if isinstance(error, str):
                right = answer.status_code == line["status"] and error.startswith(line["says"])
            else:
                found = (answer.status_code, error["param"], error["code"])
                right = found == (line["status"], line["param"], line["code"]) and bool(error["message"])
            if not right:
                wrong.append((line, answer.status_code, error))
    assert not wrong
