"""`/openapi.json` describes what is there, all of it, and its examples work."""

import re
from typing import Any

import jsonschema
import pytest

from puna.api.dialects import DIALECTS
from puna.server import description
from tests.server import RunningServer

NEEDS_A_REGISTRY = {"/api/pull", "/api/push"}
IDENTIFIERS = re.compile(r"\{[^}]*\}")


def described() -> set[tuple[str, str]]:
    return {(method.upper(), path) for path, one in description()["paths"].items() for method in one}


def test_every_route_is_described_and_nothing_else() -> None:
    there = {
        (method, route.path.replace(":path}", "}"))  # type: ignore[attr-defined]
        for dialect in DIALECTS
        for route in dialect.routes
        for method in route.methods  # type: ignore[attr-defined]
    }
    there -= {("HEAD", path) for method, path in there if method == "GET"}
    own = {("GET", "/"), ("GET", "/health"), ("GET", "/metrics"), ("GET", "/openapi.json")}
    assert described() == there | own


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


def test_every_example_is_answered(server: RunningServer) -> None:
    with server.http() as http:
        made = {
            "conversation_id": http.post("/v1/conversations", json={}).json()["id"],
            "response_id": http.post("/v1/responses", json=example("/v1/responses", "post")).json()["id"],
        }
        for path, operations in description()["paths"].items():
            for method in operations:
                if path not in NEEDS_A_REGISTRY and (body := example(path, method)):
                    answer = http.request(method, path.format_map(made), json=body)
                    assert answer.status_code == 200, (path, answer.text)


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
