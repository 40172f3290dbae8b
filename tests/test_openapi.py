"""`/openapi.json` describes what is there, all of it, and its examples work."""

import json
import re
from typing import Any

import httpx2
import jsonschema
import pytest

from puna.api.dialects import DIALECTS
from puna.server import description
from tests.server import RunningServer

NEEDS_A_REGISTRY = {"/api/pull", "/api/push"}
NEEDS_AN_EXTRA = "/v1/images/generations"
"""tests/api/openai/images holds its answers against the description."""
IDENTIFIERS = re.compile(r"\{[^}]*\}")


def described() -> set[tuple[str, str]]:
    return {(method.upper(), path) for path, one in description()["paths"].items() for method in one}


def test_every_route_is_described_and_nothing_else() -> None:
    there = {
        (method, route.path.replace(":path}", "}"))  # type: ignore[attr-defined]
        for dialect in DIALECTS
        for route in dialect.routes
        for method in getattr(route, "methods", ())  # a WebSocket has none, and no place in the description
    }
    there -= {("HEAD", path) for method, path in there if method == "GET"}
    own = {("GET", path) for path in ("/", "/docs", "/health", "/metrics", "/openapi.json", "/page/{path}")}
    assert described() == there | own, "each route needs an Operation in its dialect's description.py"


def test_schemas_are_schemas_and_references_lead_somewhere() -> None:
    document = description()
    names = set(re.findall(r"#/components/schemas/([^'\"]+)", str(document)))
    assert names <= document["components"]["schemas"].keys()
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_a_description_is_served(server: RunningServer) -> None:
    with server.http() as http:
        document = http.get("/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    assert "FunctionCall" in document["components"]["schemas"]


def test_every_example_is_answered_as_it_is_described(server: RunningServer) -> None:
    with server.http() as http:
        made = {"model": "tiny", "path": "main.js"}
        checked = set()
        for path, operations in sorted(description()["paths"].items()):
            for method in sorted(operations, key=["post", "get", "delete", "head"].index):
                body = example(path, method)
                if (
                    path in (*NEEDS_A_REGISTRY, NEEDS_AN_EXTRA)
                    or "{digest}" in path
                    or (body is None and method == "post")
                ):
                    continue
                made |= things(http, path)
                answer = http.request(method, path.format_map(made), json=body)
                assert answer.status_code == 200, (path, answer.text)
                fits(path, method, answer)
                checked.add((method.upper(), path))
                if body and len(operations[method]["responses"]["200"].get("content", {})) == 2:
                    fits(path, method, http.request(method, path.format_map(made), json={**body, "stream": True}))
    assert len(checked) >= len(described()) - 6


def things(http: httpx2.Client, path: str) -> dict[str, str]:
    """New ones, for what the address of a path names."""
    found = {}
    if "{response_id}" in path:
        found["response_id"] = http.post("/v1/responses", json=example("/v1/responses", "post")).json()["id"]
    if "{conversation_id}" in path:
        found["conversation_id"] = http.post("/v1/conversations", json={}).json()["id"]
    if "{item_id}" in path:
        added = http.post(
            f"/v1/conversations/{found['conversation_id']}/items",
            json=example("/v1/conversations/{conversation_id}/items", "post"),
        )
        found["item_id"] = added.json()["data"][0]["id"]
    return found


def fits(path: str, method: str, answer: httpx2.Response) -> None:
    """An answer is of the type that is described, and each part of a stream is."""
    kind = answer.headers.get("content-type", "").partition(";")[0]
    content = description()["paths"][path][method]["responses"]["200"].get("content", {})
    if not answer.content and not content:
        return
    assert kind in content, f"{method} {path}: its Operation in description.py has no type for an answer in {kind}"
    schema = content[kind].get("x-event") or content[kind]["schema"]
    whole = {"$defs": {}, "components": description()["components"], **schema}
    validator = jsonschema.Draft202012Validator(whole)
    match kind:
        case "text/event-stream":
            lines = [line[6:] for line in answer.text.splitlines() if line.startswith("data: ")]
            parts = [json.loads(line) for line in lines if line != "[DONE]"]
        case "application/x-ndjson":
            parts = [json.loads(line) for line in answer.text.splitlines()]
        case "text/plain" | "text/html" | "text/javascript":
            parts = [answer.text]
        case _:
            parts = [answer.json()]
    assert parts
    for part in parts:
        assert [error.message for error in validator.iter_errors(part)] == [], (path, part)


WEATHER = {
    "type": "function",
    "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


TOOL = {"name": "get_weather", "input_schema": WEATHER["function"]["parameters"]}  # type: ignore[index]


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/v1/chat/completions", {"logprobs": True, "top_logprobs": 2, "n": 2}),
        ("/v1/chat/completions", {"tools": [WEATHER], "tool_choice": "required", "max_tokens": 100}),
        ("/v1/chat/completions", {"reasoning_effort": "high", "max_tokens": 200}),
        ("/v1/chat/completions", {"stream_options": {"include_usage": True}}),
        ("/v1/completions", {"logprobs": 2, "echo": True}),
        ("/v1/responses", {"include": ["message.output_text.logprobs"], "top_logprobs": 2}),
        ("/v1/messages", {"thinking": {"type": "adaptive"}, "max_tokens": 200}),
        ("/v1/messages", {"tools": [TOOL], "tool_choice": {"type": "any"}, "max_tokens": 100}),
        ("/api/chat", {"tools": [WEATHER], "logprobs": True}),
        ("/api/chat", {"think": True, "options": {"num_predict": 100}}),
        ("/api/generate", {"think": True, "options": {"num_predict": 100}}),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_is_asked_for_beside_is_described(
    server: RunningServer, path: str, more: dict[str, Any], stream: bool
) -> None:
    if "stream_options" in more and not stream:
        more = {}
    if "echo" in more and stream:
        more = {"logprobs": 2}
    with server.http() as http:
        answer = http.post(path, json={**example(path, "post"), "stream": stream, **more})
    assert answer.status_code == 200, answer.text
    fits(path, "post", answer)


def example(path: str, method: str) -> Any:
    content = description()["paths"][path][method].get("requestBody", {}).get("content", {})
    examples = content.get("application/json", {}).get("examples", {})
    return examples["example"]["value"] if examples else None


@pytest.mark.parametrize(
    ("path", "param"),
    [
        ("/v1/responses/resp_1?stream=true&starting_after=" + "9" * 5000, "starting_after"),
        ("/v1/conversations/CONVERSATION/items?limit=" + "9" * 5000, "limit"),
    ],
)
def test_numbers_of_any_length_in_an_address(server: RunningServer, path: str, param: str) -> None:
    with server.http() as http:
        made = http.post("/v1/conversations", json={}).json()["id"]
        answer = http.get(path.replace("CONVERSATION", made))
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
        bias = {"model": "tiny", "prompt": "x", "logit_bias": {"9" * 5000: 1}}
        assert http.post("/v1/completions", json=bias).status_code == 400
