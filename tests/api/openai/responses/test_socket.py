"""Responses over a WebSocket, as the `openai` package and Codex speak it."""

import hashlib
import threading
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic_core import from_json
from starlette.testclient import WebSocketDenialResponse, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from puna.core.errors import EngineFailed
from puna.core.events import TextDelta
from puna.http import body
from tests.api.openai.responses.wire import PLAIN, check_events, check_required
from tests.scripted import ScriptedServer, StartScripted
from tests.server import RunningServer

ENDS = ("response.completed", "response.incomplete", "response.failed", "error")


def ask(socket: WebSocketTestSession, **body: Any) -> list[dict[str, Any]]:
    """What comes for one request, up to its end."""
    socket.send_json({"type": "response.create", "model": "tiny", "reasoning": PLAIN, **body})
    events: list[dict[str, Any]] = [socket.receive_json()]
    while events[-1]["type"] not in ENDS:
        events.append(socket.receive_json())
    return events


def text_of(events: list[dict[str, Any]]) -> str:
    return str(events[-1]["response"]["output"][0]["content"][0]["text"])


def test_each_request_of_a_connection_gets_the_events_of_a_stream(scripted: ScriptedServer) -> None:
    with scripted.socket() as socket:
        for said in ("One.", "Two."):
            scripted.script.say(said)
            events = ask(socket, input="Count")
            check_events(events)
            assert text_of(events) == said
            assert events[-1]["type"] == "response.completed"


@pytest.mark.parametrize("store", [True, False])
def test_a_connection_goes_on_from_its_last_response_kept_or_not(scripted: ScriptedServer, store: bool) -> None:
    with scripted.socket() as socket:
        first = ask(socket, input="My name is Ann.", store=store)[-1]["response"]["id"]
        second = ask(socket, input="Who am I?", previous_response_id=first, store=store)[-1]["response"]["id"]
        third = ask(socket, input="And now?", previous_response_id=second, store=store)
        said = [message.text for message in scripted.script.request.messages]
        assert said == ["My name is Ann.", "This is a test.", "Who am I?", "This is a test.", "And now?"]
        assert third[-1]["response"]["previous_response_id"] == second
    with scripted.socket() as socket:
        again = ask(socket, input="Still?", previous_response_id=second)[-1]
        if store:
            assert again["type"] == "response.completed"
        else:
            assert (again["type"], again["status"]) == ("error", 400)
            assert again["error"]["code"] == "previous_response_not_found"


def test_what_a_turn_failed_to_go_on_from_is_gone(scripted: ScriptedServer) -> None:
    with scripted.socket() as socket:
        for fails in (EngineFailed("out of order"), None):
            first = ask(socket, input="My name is Ann.", store=False)[-1]["response"]["id"]
            if fails:
                scripted.script.answer(TextDelta(0, "Hel"), fails)
                assert ask(socket, input="Who?", previous_response_id=first, store=False)[-1]["type"] != ENDS[0]
            else:
                output = {"type": "function_call_output", "call_id": "call_none", "output": "?"}
                assert ask(socket, input=[output], previous_response_id=first, store=False)[-1]["type"] == "error"
            again = ask(socket, input="Who?", previous_response_id=first, store=False)[-1]
            assert again["error"]["code"] == "previous_response_not_found"


def test_what_is_wrong_is_an_error_and_the_connection_goes_on(scripted: ScriptedServer) -> None:
    wrong: list[tuple[dict[str, Any], int, str | None]] = [
        ({"input": "Hello", "nonsense": 1}, 400, "nonsense"),
        ({"type": "response.steer", "input": "Hello"}, 400, "type"),
        ({"input": "Hello", "background": True}, 400, "background"),
        ({"input": "Hello", "model": "no-such-model"}, 404, "model"),
        ({"input": "Hello", "tools": [{"type": "web_search"}]}, 400, "tools[0].type"),
        ({"input": "Hello", "tools": [], "tool_choice": {"type": "file_search"}}, 400, "tool_choice.type"),
    ]
    with scripted.socket() as socket:
        for body, status, param in wrong:
            (event,) = ask(socket, **body)
            assert (event["type"], event["status"], event["error"]["param"]) == ("error", status, param)
            assert event["error"]["type"] == "invalid_request_error"
        for text in ("no JSON", "[]", '{"type": "response.create"}'):
            socket.send_text(text)
            assert socket.receive_json()["status"] == 400
        socket.send_bytes(b"\xff")
        assert socket.receive_json()["status"] == 400
        assert text_of(ask(socket, input="Hello")) == "This is a test."


def test_a_large_message_is_read_beside_the_event_loop_and_one_with_too_much_in_it_refused(
    scripted: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers: set[str] = set()

    def reading(content: bytes) -> Any:
        if len(content) > body.AT_ONCE:
            readers.add(threading.current_thread().name)
        return from_json(content)

    monkeypatch.setattr(body, "from_json", reading)
    monkeypatch.setattr(orjson, "loads", reading)
    with scripted.socket() as socket:
        socket.send_text('{"type": "response.create", "model": "tiny", "input": [' + "0," * 400_000 + "0]}")
        refused = socket.receive_json()
        assert (refused["type"], refused["status"]) == ("error", 400)
        socket.send_text('{"type": "response.create", "model": "tiny", "input": "' + "a" * 20_000 + '"}')
        assert socket.receive_json()["type"] == "response.created"
    assert readers
    assert all(name.startswith("bodies") for name in readers), readers


def test_an_engine_that_fails_is_told(scripted: ScriptedServer) -> None:
    with scripted.socket() as socket:
        scripted.script.answer(EngineFailed("out of order"))
        assert ask(socket, input="Hello")[-1]["type"] == "error"
        scripted.script.answer(TextDelta(0, "Hel"), EngineFailed("out of order"))
        assert ask(socket, input="Hello")[-1]["type"] == "response.failed"
        assert ask(socket, input="Hello")[-1]["type"] == "response.completed"


def test_lanes_are_named_in_their_events(scripted: ScriptedServer) -> None:
    with scripted.socket() as socket:
        for lane in ("a", "b"):
            socket.send_json({"type": "response.create", "model": "tiny", "input": "Hello", "stream_id": lane})
        ended: set[str] = set()
        while len(ended) < 2:
            event = socket.receive_json()
            assert event["stream_id"] in {"a", "b"}
            if event["type"] in ENDS:
                check_required(event["response"])
                ended.add(event["stream_id"])


def test_a_prompt_can_be_read_in_advance_and_gone_on_from(scripted: ScriptedServer) -> None:
    with scripted.socket() as socket:
        events = ask(socket, input="You are a pirate.", generate=False, store=False)
        check_events(events)
        response = events[-1]["response"]
        assert (response["status"], response["output"]) == ("completed", [])
        assert scripted.script.request.sampling.max_tokens == 1
        ask(socket, input="Hello", previous_response_id=response["id"])
        assert [message.text for message in scripted.script.request.messages] == ["You are a pirate.", "Hello"]
    with scripted.http() as http:
        body = {"model": "tiny", "input": "Hello", "prompt_cache_options": {"prewarm": True}}
        assert http.post("/v1/responses", json=body).json()["output"] == []


def test_the_handshake_is_let_in_as_a_request_is(start_scripted: StartScripted) -> None:
    server = start_scripted(PUNA_API_KEYS="secret")
    for headers, status in (
        ({}, 401),
        ({"authorization": "Bearer wrong"}, 401),
        ({"authorization": "Bearer secret", "origin": "https://elsewhere.example"}, 403),
        ({"authorization": "Bearer secret", "host": "rebound.example"}, 403),
    ):
        with pytest.raises(WebSocketDenialResponse) as refused, server.socket(**headers):
            pass
        assert refused.value.status_code == status
        assert refused.value.json()["error"]["message"]
    with server.socket(authorization="Bearer secret") as socket:
        assert text_of(ask(socket, input="Hello")) == "This is a test."


def test_there_are_no_sockets_elsewhere(scripted: ScriptedServer) -> None:
    for path in ("/v1/chat/completions", "/api/chat", "/"):
        with pytest.raises(WebSocketDisconnect), scripted.socket(path):
            pass


def test_the_openai_package_connects(server: RunningServer) -> None:
    with server.client().responses.connect() as connection:
        ids: list[str] = []
        for text in ("Say this is a test.", "Again."):
            go_on: Any = {"previous_response_id": ids[-1]} if ids else {}
            connection.response.create(model="tiny", input=text, max_output_tokens=8, store=False, **go_on)
            for event in connection:
                if event.type in ("response.completed", "response.incomplete"):
                    ids.append(event.response.id)
                    break
                assert event.type != "error", event
        connection.response.create(model="tiny", input="Hello", previous_response_id="resp_0")
        failed = connection.recv()
        assert failed.type == "error"
        assert failed.error.code == "previous_response_not_found"


def test_a_client_that_leaves_frees_the_engine(server: RunningServer) -> None:
    client = server.client()
    with client.responses.connect() as connection:
        connection.response.create(model="tiny", input="Hello", store=True)
        started = connection.recv()
        assert started.type == "response.created"
    with server.http() as http:
        while http.get(f"/v1/responses/{started.response.id}").json().get("status") == "in_progress":
            pass


def test_the_log_has_a_line_for_each_turn_and_keys_pay_for_it(
    start_scripted: StartScripted, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keys = tmp_path / "keys.toml"
    digest = hashlib.sha256(b"secret").hexdigest()
    keys.write_text(f'[ann]\nsha256 = "{digest}"\nmodels = ["tiny"]\nrequests_per_minute = 2\n')
    server = start_scripted(PUNA_API_KEYS_FILE=str(keys))
    with caplog.at_level("INFO", "puna.access"), server.socket(authorization="Bearer secret") as socket:
        assert ask(socket, input="Hello", model="plain")[-1]["status"] == 403
        assert text_of(ask(socket, input="Hello")) == "This is a test."
        limited = ask(socket, input="Hello")[-1]
        assert (limited["status"], limited["error"]["code"]) == (429, "rate_limit_exceeded")
    lines = [orjson.loads(record.message) for record in caplog.records if record.name == "puna.access"]
    assert [(line["path"], line["status"], line["client"]) for line in lines] == [
        ("/v1/responses", status, "ann") for status in (403, 200, 429)
    ]
    assert lines[1]["completion_tokens"] == 5
