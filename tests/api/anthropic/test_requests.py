"""Whose a request is, its key, its id, and what is said of paths that are not there."""

import json

import pytest

from tests.scripted import ScriptedServer, StartScripted

VERSION = {"anthropic-version": "2023-06-01"}


def test_models_are_in_the_form_that_the_header_asks_for(scripted: ScriptedServer) -> None:
    with scripted.http() as http:
        plain = http.get("/v1/models").json()
        pages = http.get("/v1/models", headers=VERSION).json()
        one = http.get("/v1/models/tiny", headers=VERSION).json()
    assert plain["object"] == "list"
    assert {model["id"] for model in pages["data"]} == {model["id"] for model in plain["data"]}
    assert (pages["has_more"], pages["last_id"]) == (False, pages["data"][-1]["id"])
    assert (one["type"], one["id"], one["lifecycle"]) == ("model", "tiny", "active")
    sees = next(model for model in pages["data"] if model["id"].startswith("sees"))
    assert sees["capabilities"]["image_input"] == {"supported": True}


def test_pages_of_models(scripted: ScriptedServer) -> None:
    with scripted.http() as http:
        names = [model["id"] for model in http.get("/v1/models", headers=VERSION).json()["data"]]
        assert len(names) >= 4
        for query, shown, more in (
            ("limit=2", names[:2], True),
            (f"limit=9&after_id={names[1]}", names[2:], False),
            (f"limit=1&before_id={names[2]}", names[1:2], True),
            (f"before_id={names[2]}", names[:2], False),
            ("lifecycle=retired", [], False),
        ):
            page = http.get(f"/v1/models?{query}", headers=VERSION).json()
            assert ([model["id"] for model in page["data"]], page["has_more"]) == (shown, more), query
        for wrong in ("limit=0", "limit=x", "limit=1001", "after_id=nope"):
            refused = http.get(f"/v1/models?{wrong}", headers=VERSION)
            assert refused.status_code == 400
            assert refused.json()["error"]["type"] == "invalid_request_error"


def test_a_key_comes_in_either_header(start_scripted: StartScripted) -> None:
    server = start_scripted(PUNA_API_KEYS="secret")
    body = {"model": "plain", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}
    for headers, status in (
        ({"x-api-key": "secret"}, 200),
        ({"Authorization": "Bearer secret"}, 200),
        ({"x-api-key": "wrong"}, 401),
        ({}, 401),
    ):
        with server.http(**headers) as http:
            answer = http.post("/v1/messages", json=body)
        assert answer.status_code == status
        assert answer.headers["request-id"] == answer.headers["x-request-id"]
        if status == 401:
            assert answer.json()["type"] == "error"
            assert answer.json()["error"]["type"] == "authentication_error"
    with server.http() as http:
        assert "x-api-key" in http.post("/v1/messages", json=body).json()["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path", "status", "says"),
    [
        ("POST", "/v1/messages/batches", 404, "batches are not supported"),
        ("POST", "/v1/v1/messages", 404, "does not end in /v1"),
        ("POST", "/messages", 404, "here it is /v1/messages"),
        ("GET", "/v1/messages", 405, "allowed: POST"),
        ("GET", "/v1/files", 404, "uploaded files are not supported"),
    ],
)
def test_paths_that_are_not_there(scripted: ScriptedServer, method: str, path: str, status: int, says: str) -> None:
    with scripted.http(**VERSION) as http:
        answer = http.request(method, path)
    assert answer.status_code == status
    assert answer.json()["type"] == "error"
    assert says in answer.json()["error"]["message"]


def test_a_body_that_is_too_large_is_refused_in_this_form(start_scripted: StartScripted) -> None:
    server = start_scripted(PUNA_MAX_REQUEST_SIZE="1000")
    with server.http() as http:
        answer = http.post("/v1/messages", content=json.dumps({"model": "x" * 2000}).encode())
    assert answer.status_code == 413
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_a_prompt_s_tokens_are_counted(scripted: ScriptedServer) -> None:
    body = {"model": "plain", "messages": [{"role": "user", "content": "one two three"}], "system": "four"}
    with scripted.http() as http:
        assert http.post("/v1/messages/count_tokens", json=body).json() == {"input_tokens": 4}
        refused = http.post("/v1/messages/count_tokens", json={**body, "max_tokens": 9})
    assert "Unknown parameter: 'max_tokens'" in refused.json()["error"]["message"]
