"""Requests with one mistake each, and what must be said of it: tests/malformed.jsonl, a line for each.

`with` changes fields of a good request; a field that is null there is missing. `raw` is a whole body that is no JSON,
or no object. `says` is how the message begins, in the dialect whose errors have neither `param` nor `code`.
"""

import json
from pathlib import Path
from typing import Any

import httpx2
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
    "/v1/messages": {"model": "tiny", "max_tokens": 5, "messages": MESSAGES},
    "/v1/messages/count_tokens": {"model": "tiny", "messages": MESSAGES},
    "/api/chat": {"model": "tiny", "messages": MESSAGES, "stream": False},
    "/api/generate": {"model": "tiny", "prompt": "x", "stream": False},
    "/api/embed": {"model": "tiny", "input": "x"},
    "/api/show": {"model": "tiny"},
    "/api/copy": {"source": "tiny", "destination": "new"},
    "/api/create": {"model": "new", "from": "tiny", "stream": False},
}


PLACES = sorted({line["path"].partition("?")[0] for line in LINES})


def test_there_are_enough() -> None:
    assert len(LINES) >= 300
    assert GOOD.keys() <= set(PLACES)


@pytest.mark.parametrize("place", PLACES)
def test_each_mistake_is_named(server: RunningServer, place: str) -> None:
    wrong = []
    with server.http() as http:
        for line in (line for line in LINES if line["path"].partition("?")[0] == place):
            answer = ask(http, line)
            found = answer.json() if answer.content else {}
            if not is_told(line, answer.status_code, found):
                wrong.append((line, answer.status_code, found))
    assert not wrong


def ask(http: httpx2.Client, line: dict[str, Any]) -> httpx2.Response:
    """Send the request of a line."""
    method, path = line.get("method", "POST"), line["path"]
    if "raw" in line:
        return http.request(method, path, content=line["raw"].encode())
    if "with" not in line:
        return http.request(method, path)
    changed = {**GOOD.get(path, {}), **line["with"]} if method == "POST" else line["with"]
    return http.request(method, path, json={name: value for name, value in changed.items() if value is not None})


def is_told(line: dict[str, Any], status: int, found: dict[str, Any]) -> bool:
    """Whether an answer is the one that the line asks for."""
    error = found.get("error", "")
    if found.get("type") == "error":  # Anthropic's has no field for what it is about
        error = error["message"]
    if "says" in line or not error:
        return status == line["status"] and str(error).startswith(line.get("says", ""))
    told = (status, error["param"], error["code"])
    return told == (line["status"], line["param"], line["code"]) and bool(error["message"])
