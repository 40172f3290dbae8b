import json
from typing import Any

import openai
import pytest

from tests.scripted import ScriptedServer

GOOD: dict[str, Any] = {"model": "tiny", "messages": [{"role": "user", "content": "Say this is a test"}]}


def post(scripted: ScriptedServer, content: str) -> tuple[int, dict[str, Any]]:
    with scripted.http() as http:
        response = http.post("/v1/chat/completions", content=content)
    body = response.json()
    assert list(body) == ["error"]
    assert list(body["error"]) == ["message", "type", "param", "code"]
    return response.status_code, body["error"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        '{"model": "tiny",}',
        "nonsense",
        "\x00",
        '{"a": "\ud800"}'.encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
    ],
)
def test_what_is_no_json_is_refused(scripted: ScriptedServer, content: str) -> None:
    status, error = post(scripted, content)
    assert status == 400
    assert error["type"] == "invalid_request_error"


@pytest.mark.parametrize("content", ["[]", "null", "1", '"text"'])
def test_a_body_has_to_be_an_object(scripted: ScriptedServer, content: str) -> None:
    status, error = post(scripted, content)
    assert status == 400
    assert "JSON object" in error["message"]


@pytest.mark.parametrize(
    ("change", "param", "code"),
    [
        ({"messages": None}, "messages", "invalid_type"),
        ({"messages": []}, "messages", "array_below_min_length"),
        ({"messages": "hello"}, "messages", "invalid_type"),
        ({"messages": [{"role": "user"}]}, "messages[0].content", "missing_required_parameter"),
        ({"messages": [{"role": "robot", "content": "hi"}]}, "messages[0].role", "invalid_value"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content", "invalid_type"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, None, "missing_required_parameter"),
        ({"messages": [GOOD["messages"][0], {"role": "user", "content": {}}]}, "messages[1].content", "invalid_type"),
        ({"model": 5}, "model", "invalid_type"),
        ({"model": ""}, "model", "string_below_min_length"),
        ({"stream": "yes"}, "stream", "invalid_type"),
        ({"stream_options": {"include_usage": 1}}, "stream_options.include_usage", "invalid_type"),
        ({"temperature": 2.5}, "temperature", "decimal_above_max_value"),
        ({"temperature": -0.1}, "temperature", "decimal_below_min_value"),
        ({"temperature": "warm"}, "temperature", "invalid_type"),
        ({"top_p": 1.5}, "top_p", "decimal_above_max_value"),
        ({"max_tokens": 0}, "max_tokens", "integer_below_min_value"),
        ({"max_tokens": 1.5}, "max_tokens", "invalid_type"),
        ({"max_completion_tokens": -1}, "max_completion_tokens", "integer_below_min_value"),
        ({"frequency_penalty": 3}, "frequency_penalty", "decimal_above_max_value"),
        ({"presence_penalty": -3}, "presence_penalty", "decimal_below_min_value"),
        ({"stop": ["a"] * 129}, "stop", "array_above_max_length"),
        ({"stop": 5}, "stop", "invalid_type"),
        ({"stop": ""}, "stop", "string_below_min_length"),
        ({"seed": 1.5}, "seed", "invalid_type"),
        ({"seed": 2**70}, "seed", None),
        ({"no_such_field": 1}, "no_such_field", "unknown_parameter"),
        ({"no such field": 1}, "no such field", "unknown_parameter"),
        ({"Temperature": 1}, "Temperature", "unknown_parameter"),
        ({"stream": True, "stream_options": {"include-usage": True}}, "stream_options.include-usage", None),
        ({"logit_bias": {"10": 101}}, "logit_bias.10", "decimal_above_max_value"),
        ({"metadata": {"a b": 1}}, "metadata.a b", "invalid_type"),
        ({"metadata": dict.fromkeys("abcdefghijklmnopq", "x")}, "metadata", "object_above_max_properties"),
        ({"temperature": float("nan")}, "temperature", "invalid_type"),
        ({"audio": {"voice": "alloy", "format": "wav"}}, "audio", "unsupported_parameter"),
        ({"web_search_options": {}}, "web_search_options", "unsupported_parameter"),
        ({"moderation": {"model": "m"}}, "moderation", "unsupported_parameter"),
    ],
)
def test_a_bad_field_is_named(
    scripted: ScriptedServer, change: dict[str, Any], param: str | None, code: str | None
) -> None:
    status, error = post(scripted, json.dumps({**GOOD, **change}))
    assert status == 400
    assert error["type"] == "invalid_request_error"
    if param:
        assert error["param"] == param
        assert f"'{param}'" in error["message"]
    if code:
        assert error["code"] == code


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"stop": 5}, "a string or an array"),
        ({"messages": [{"role": "user", "content": 5}]}, "a string or an array"),
        ({"temperature": "warm"}, "a number"),
    ],
)
def test_every_type_that_would_do_is_named(scripted: ScriptedServer, change: dict[str, Any], expected: str) -> None:
    _, error = post(scripted, json.dumps({**GOOD, **change}))
    assert f"expected {expected}, but got" in error["message"]


@pytest.mark.parametrize("field", ["model", "messages"])
def test_a_missing_field_is_named(scripted: ScriptedServer, field: str) -> None:
    status, error = post(scripted, json.dumps({name: value for name, value in GOOD.items() if name != field}))
    assert status == 400
    assert (error["param"], error["code"]) == (field, "missing_required_parameter")


def test_an_unknown_model_is_404_and_names_the_pull_that_would_help(scripted: ScriptedServer) -> None:
    status, error = post(scripted, json.dumps({**GOOD, "model": "llama3.2"}))
    assert status == 404
    assert error["code"] == "model_not_found"
    assert "puna pull llama3.2" in error["message"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "a b", "/", "x" * 400, "tiny:la/test"])
def test_a_name_that_is_none_is_refused(scripted: ScriptedServer, name: str) -> None:
    status, error = post(scripted, json.dumps({**GOOD, "model": name}))
    assert status in (400, 404)
    assert error["param"] == "model"


def test_after_every_bad_request_the_next_one_is_answered(scripted: ScriptedServer) -> None:
    with scripted.http() as http:
        answer = http.post("/v1/chat/completions", json=GOOD).json()
    assert answer["choices"][0]["message"]["content"] == "This is a test."


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/nothing", "/v1/chat", "/v1/chat/completions/more"])
def test_an_unknown_path_is_404(scripted: ScriptedServer, path: str) -> None:
    with scripted.http() as http:
        response = http.get(path)
    assert response.status_code == 404
    assert response.json()["error"]["message"] == f"Invalid URL (GET {path.rstrip('/')})"


@pytest.mark.parametrize("path", ["/chat/completions", "/responses", "/embeddings"])
def test_an_address_without_v1_gets_a_hint(scripted: ScriptedServer, path: str) -> None:
    with scripted.http() as http:
        answer = http.post(path, json={})
    assert answer.status_code == 404
    assert f"here it is /v1{path}." in answer.json()["error"]["message"]


def test_a_part_of_openais_api_that_is_not_here_says_so(scripted: ScriptedServer) -> None:
    with pytest.raises(openai.NotFoundError, match="moderation is not supported"):
        scripted.client().moderations.create(input="A cute robot learning to paint")


def test_a_base_url_without_its_end_is_told_it(scripted: ScriptedServer) -> None:
    client = openai.OpenAI(base_url=scripted.url, api_key="unused", http_client=scripted.http())
    with pytest.raises(openai.NotFoundError, match="/v1/chat/completions"):
        client.chat.completions.create(model="tiny", messages=[{"role": "user", "content": "Hello!"}])


def test_a_wrong_method_is_405_and_says_which_is_right(scripted: ScriptedServer) -> None:
    with scripted.http() as http:
        response = http.get("/v1/chat/completions")
        assert response.status_code == 405
        assert response.headers["allow"] == "POST"
        assert "POST" in response.json()["error"]["message"]
        assert http.post("/v1/models").status_code == 405
        several = http.put("/v1/conversations/conv_0")
        assert several.status_code == 405
        assert several.headers["allow"] == "DELETE, GET, HEAD, POST"
