"""Bodies that are made to hold the server up or to fill its memory, and the limits of what a body may have."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError

from puna.api.openai.embeddings import EmbeddingBody
from puna.core.errors import TooMany
from puna.http.limits import Limits
from puna.http.location import with_real_location
from tests.hostile import bombs, documents
from tests.server import RunningServer, StartServer, running_server


@pytest.mark.parametrize("path", sorted({bomb.path for bomb in bombs(1000)}))
def test_every_bomb_is_refused_and_the_next_request_answered(server: RunningServer, path: str) -> None:
    with server.http() as http:
        for bomb in bombs(200_000, path):
            answer = http.post(path, content=bomb.content)
            assert answer.status_code in (200, 400), f"{bomb}: {answer.text}"
            assert len(answer.content) < 2000
            assert http.get("/health").status_code == 200


@pytest.mark.skipif(sys.platform != "linux", reason="the most memory that a process had is read from Linux's /proc")
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/embeddings", "/api/chat"])
def test_a_large_body_of_small_values_takes_little_memory(start_server: StartServer, path: str) -> None:
    server = start_server(PUNA_MAX_TEXT_SIZE="64MiB")
    size = 5_000_000
    with server.http() as http:
        http.post(path, content=b"{}")
        before = most_memory(server)
        assert http.post(path, content=dict(documents(size))["zeros"]).status_code == 400
        assert most_memory(server) - before < 6 * size


def most_memory(server: RunningServer) -> int:
    """The most bytes that the server has had in memory."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


def test_a_list_is_read_until_its_first_mistake() -> None:
    content = b'{"model":"tiny","input":[' + b"0.5," * 10_000 + b"0.5]}"
    with pytest.raises(ValidationError) as error:
        EmbeddingBody.model_validate_json(content)
    assert error.value.error_count() < 10


def test_a_place_is_found_without_a_search() -> None:
    problem: Any = {"type": "int_type", "loc": ("input", "list[str]", 99_999), "msg": "", "input": "x"}
    assert with_real_location(problem, {"input": ["x"] * 100_000})["loc"] == ("input", 99_999)


MESSAGE = {"role": "user", "content": "x"}


@pytest.mark.parametrize(
    ("path", "body", "param", "code", "setting"),
    [
        ("/v1/chat/completions", {"messages": [MESSAGE] * 6}, "messages", "array_above_max_length", "MESSAGES"),
        ("/v1/responses", {"input": [MESSAGE] * 6}, "input", "array_above_max_length", "MESSAGES"),
        ("/api/chat", {"messages": [MESSAGE] * 6}, "messages", "array_above_max_length", "MESSAGES"),
        (
            "/v1/chat/completions",
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}] * 5}]},
            "messages[0].content",
            "array_above_max_length",
            "PARTS",
        ),
        (
            "/v1/responses",
            {"input": [{"role": "user", "content": [{"type": "input_text", "text": "x"}] * 5}]},
            "input[0].content",
            "array_above_max_length",
            "PARTS",
        ),
        ("/v1/embeddings", {"input": ["x"] * 4}, "input", "array_above_max_length", "INPUTS"),
        ("/v1/embeddings", {"input": [[1], [2], [3], [4]]}, "input", "array_above_max_length", "INPUTS"),
        ("/v1/completions", {"prompt": ["x"] * 4}, "prompt", "array_above_max_length", "INPUTS"),
        ("/api/embed", {"input": ["x"] * 4}, "input", "array_above_max_length", "INPUTS"),
        (
            "/v1/chat/completions",
            {"messages": [MESSAGE], "tools": [{"type": "function", "function": {"name": "f"}}] * 3},
            "tools",
            "array_above_max_length",
            "TOOLS",
        ),
        (
            "/v1/responses",
            {"input": "x", "tools": [{"type": "function", "name": "f", "parameters": {}}] * 3},
            "tools",
            "array_above_max_length",
            "TOOLS",
        ),
        (
            "/v1/chat/completions",
            {"messages": [MESSAGE], "logit_bias": {str(token): 0 for token in range(21)}},
            "logit_bias",
            "object_above_max_properties",
            "PROPERTIES",
        ),
    ],
)  # fmt: skip
def test_each_limit_has_its_own_error(
    limited: RunningServer, path: str, body: dict[str, Any], param: str, code: str, setting: str
) -> None:
    with limited.http() as http:
        answer = http.post(path, json={"model": "tiny", **body})
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert f"PUNA_MAX_{setting}" in (error if isinstance(error, str) else error["message"])
    if isinstance(error, dict):
        assert (error["param"], error["code"]) == (param, code)


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    limits = {"MESSAGES": 5, "PARTS": 4, "INPUTS": 3, "TOOLS": 2, "PROPERTIES": 20}
    variables = {f"PUNA_MAX_{name}": str(most) for name, most in limits.items()}
    with running_server(tmp_path_factory.mktemp("limited"), **variables) as server:
        yield server


def test_a_list_of_tokens_is_one_input(limited: RunningServer) -> None:
    with limited.http() as http:
        assert http.post("/v1/embeddings", json={"model": "tiny", "input": [5] * 10}).status_code == 200


def test_text_has_a_limit_of_its_own(start_server: StartServer) -> None:
    picture = "data:image/png;base64," + "A" * 100_000
    with start_server(PUNA_MAX_TEXT_SIZE="50kB").http() as http:

        def ask(path: str, **body: Any) -> httpx2.Response:
            return http.post(path, json={"model": "tiny", **body})

        part = {"type": "image_url", "image_url": {"url": picture}}
        assert ask("/v1/chat/completions", messages=[{"role": "user", "content": [part]}]).status_code == 400
        for answer in (
            ask("/v1/chat/completions", messages=[{"role": "user", "content": "two words " * 6000}]),
            ask("/v1/embeddings", input=picture),
            ask("/v1/completions", prompt="two words " * 6000),
        ):
            assert answer.status_code == 413, answer.text
            assert answer.json()["error"]["code"] == "request_too_large"
            assert "PUNA_MAX_TEXT_SIZE" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("content", "allowed"),
    [
        (b"[1,2,3,4]", True),
        (b"[1,2,3,4,5]", False),
        (b'["a,b,c,d,e,f,g"]', True),
        (b'["\\",\\",\\",\\",\\",","\\\\",1]', True),
        (b'["\\\\",1,2,3,4]', False),
        (b'["a,b,c,d,e,f', True),
        (b'["' + b'\\"' * 50, True),
        (b"[[[[[[", False),
        (b"{{{{{{", False),
    ],
)
def test_what_stands_in_texts_is_no_value(content: bytes, allowed: bool) -> None:
    limits = Limits(values=5)
    if allowed:
        limits.check_count(content)
    else:
        with pytest.raises(TooMany, match="more than 5 values"):
            limits.check_count(content)
