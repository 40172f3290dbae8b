"""A function of a response that does not say whether it is strict is so where its schema keeps OpenAI's rules."""

from typing import Any

import pytest

from tests.scripted import ScriptedServer

CLOSED = {"additionalProperties": False}
INTEGER = {"type": "integer"}


def of(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties], **CLOSED, **more}


@pytest.mark.parametrize(
    ("parameters", "strict"),
    [
        (of({}), True),
        (of({"a": INTEGER}), True),
        (of({"a": {"anyOf": [INTEGER, {"type": "null"}]}}), True),
        (of({"a": {"type": "array", "items": of({"b": INTEGER})}}), True),
        (of({"properties": {"type": "string"}, "required": {"type": "string"}}), True),
        (of({"a": {"$ref": "#/$defs/b"}}, **{"$defs": {"b": of({"c": INTEGER})}}), True),
        (of({"a": INTEGER}, required=[]), False),
        ({"type": "object", "properties": {"a": INTEGER}, "required": ["a"]}, False),
        (of({"a": {"type": ["object", "null"]}}), False),
        (of({"a": {"type": "array", "items": {"type": "object"}}}), False),
        (of({"a": {"$ref": "#/$defs/b"}}, **{"$defs": {"b": {"type": "object"}}}), False),
        (of({"a": {"not": INTEGER}}), False),
        (of({"a": {"additionalProperties": {"type": "object"}}}), False),
        ({}, False),
        (None, False),
    ],
)
def test_strictness_of_those_that_say_nothing(
    scripted: ScriptedServer, parameters: dict[str, Any] | None, strict: bool
) -> None:
    tool = {"type": "function", "name": "f", "parameters": parameters}
    with scripted.http() as http:
        answer = http.post("/v1/responses", json={"model": "plain", "input": "x", "tools": [tool]})
        assert answer.status_code == 200, answer.text
        assert answer.json()["tools"][0]["strict"] is strict
        assert scripted.script.request.tools[0].strict is strict
        for said in (True, False):
            asked = {"model": "plain", "input": "x", "tools": [{**tool, "strict": said}]}
            assert http.post("/v1/responses", json=asked).json()["tools"][0]["strict"] is said
