"""Prompts that are far too long are refused by their bytes, and no prompt that would fit is."""

from typing import Any

import pytest

from puna.library.bundled import bundled
from tests.server import RunningServer

LONG = "A text that is much too long. " * 30_000
ASKED: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"messages": [{"role": "user", "content": LONG}]},
    "/v1/completions": {"prompt": LONG},
    "/v1/responses": {"input": LONG},
    "/v1/messages": {"messages": [{"role": "user", "content": LONG}], "max_tokens": 5},
    "/v1/embeddings": {"input": ["short", LONG]},
    "/api/chat": {"messages": [{"role": "user", "content": LONG}]},
    "/api/generate": {"prompt": LONG},
    "/api/embed": {"input": LONG},
}


@pytest.mark.parametrize("path", ASKED)
def test_nothing_is_tokenized(server: RunningServer, path: str) -> None:
    with server.http() as http:
        answer = http.post(path, json={"model": "tiny", **ASKED[path]})
    assert answer.status_code == 400, answer.text
    assert "at least" in answer.text
    if path == "/v1/embeddings":
        assert answer.json()["error"]["param"] == "input[1]"
        assert answer.json()["error"]["code"] == "context_length_exceeded"


@pytest.mark.parametrize(
    "text",
    [
        "word " * 300,
        " " * 1000,
        "\n" * 1000,
        "日本語" * 200,
        "🙂" * 300,
        "<|im_start|>" * 100,
        "aaaa" * 300,
        "\t x" * 400,
    ],
)
def test_no_text_has_fewer_tokens_than_its_bytes_say(server: RunningServer, text: str) -> None:
    tiny = bundled()
    assert tiny
    assert tiny.longest_token
    with server.http() as http:
        answer = http.post("/v1/embeddings", json={"model": "tiny", "input": text})
    assert len(text.encode()) / tiny.longest_token <= answer.json()["usage"]["prompt_tokens"]
