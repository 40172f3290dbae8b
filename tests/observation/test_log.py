import json
import logging
import re
import subprocess
import sys
from collections.abc import Callable

import pytest

from puna.observation.log import JsonFormatter, TextFormatter, formatter, request_line
from tests.observation.conftest import Kept
from tests.scripted import ScriptedServer
from tests.server import StartServer

FIELDS = {"method": "POST", "path": "/v1/chat/completions", "status": 200, "ms": 413.0}


@pytest.fixture
def kept(keep: Callable[[str], Kept]) -> Kept:
    return keep("puna")


def record(message: str, level: int = logging.INFO) -> logging.LogRecord:
    return logging.LogRecord("puna", level, __file__, 1, message, None, None)


def test_a_request_is_one_short_line_for_a_person() -> None:
    assert request_line(FIELDS, "") == "POST /v1/chat/completions 200 0.41s"
    tokens = {"model": "tiny:latest", "prompt_tokens": 9, "completion_tokens": 5}
    assert request_line({**FIELDS, **tokens}, "") == "POST /v1/chat/completions 200 0.41s tiny:latest 9+5 tokens"
    assert request_line({**FIELDS, "status": 404}, "no such model").endswith(" 404 0.41s: no such model")


def test_the_reason_of_a_refusal_is_told_to_the_person_only(scripted: ScriptedServer, kept: Kept) -> None:
    with scripted.http() as http:
        http.post("/v1/chat/completions", json={"model": "plain", "secret": 1})
        http.get("/api/nothing")
    lines = [TextFormatter().format(each) for each in kept.records]
    assert "POST /v1/chat/completions 400 " in lines[0]
    assert lines[0].endswith("Unknown parameter: 'secret'.") or "'messages'" in lines[0]
    assert "GET /api/nothing 404 " in lines[1]
    shown = [json.loads(JsonFormatter().format(each)) for each in kept.records]
    assert [line["status"] for line in shown] == [400, 404]
    assert "secret" not in str(shown)


def test_tokens_of_embeddings_are_counted(scripted: ScriptedServer, kept: Kept) -> None:
    with scripted.http() as http:
        assert http.post("/v1/embeddings", json={"model": "plain", "input": ["a", "b"]}).status_code == 200
    line = json.loads(JsonFormatter().format(kept.records[-1]))
    assert (line["prompt_tokens"], line["completion_tokens"]) == (2, 0)


def test_messages_are_lines_or_objects() -> None:
    assert TextFormatter().format(record("loaded tiny")).endswith(" loaded tiny")
    assert TextFormatter().format(record("careful", logging.WARNING)).endswith(" warning: careful")
    shown = json.loads(JsonFormatter().format(record("loaded tiny")))
    assert (shown["level"], shown["message"]) == ("info", "loaded tiny")


def test_a_terminal_gets_text_and_a_file_json() -> None:
    for form, terminal, kind in (
        ("auto", True, TextFormatter),
        ("auto", False, JsonFormatter),
        ("text", False, TextFormatter),
        ("json", True, JsonFormatter),
    ):
        assert type(formatter(form, terminal=terminal)) is kind


def test_a_traceback_is_part_of_its_line() -> None:
    try:
        raise ValueError("oops")
    except ValueError:
        broken = record("failed", logging.ERROR)
        broken.exc_info = sys.exc_info()
    assert "ValueError: oops" in json.loads(JsonFormatter().format(broken))["traceback"]
    assert "ValueError: oops" in TextFormatter().format(broken)


@pytest.mark.parametrize(("form", "kind"), [("json", JsonFormatter), ("text", TextFormatter)])
def test_uvicorns_lines_have_the_same_form(form: str, kind: type) -> None:
    code = (
        "import logging, sys; from puna.observation.log import set_up; set_up(sys.argv[1], debug=False);"
        "print({type(logging.getLogger(n).handlers[0].formatter).__name__ for n in ('puna', 'uvicorn')})"
    )
    result = subprocess.run([sys.executable, "-c", code, form], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == str({kind.__name__})


def test_a_server_without_a_terminal_writes_json_only(start_server: StartServer) -> None:
    server = start_server(PUNA_KEEP_ALIFE="1")
    server.client().chat.completions.create(
        model="tiny", messages=[{"role": "user", "content": "Say this is a test"}]
    )
    with server.http() as http:
        http.post("/api/pull", json={"model": "127.0.0.1:9/library/m", "insecure": True, "stream": False})
        http.post("/api/generate", json={"model": "tiny", "keep_alive": 0})
    lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    messages = [line["message"] for line in lines if "message" in line]
    assert any("Did you mean PUNA_KEEP_ALIVE?" in message for message in messages)
    assert any(message.startswith("loaded tiny:latest in ") for message in messages)
    assert any("pulling 127.0.0.1:9/library/m:latest failed: can't reach 127.0.0.1:9" in each for each in messages)
    assert any(re.fullmatch(r"unloaded tiny:latest after \d+ s \(up to [\d.]+ MB\)", message) for message in messages)
