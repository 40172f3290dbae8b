"""Arguments whose strings may have any escapes."""

from typing import Any

import pytest

from puna.engines.llama.grammar.arguments import Arguments
from puna.engines.llama.grammar.compiled import settled
from puna.engines.llama.grammar.lark import Answer
from tests.guided import accepts

STRING = {"type": "string"}
PERSON = {"type": "object", "properties": {"name": STRING, "age": {"$ref": "#/$defs/age"}}, "required": ["name"]}
TRIP = {
    "type": "object",
    "properties": {
        "city": STRING,
        "days": {"type": "integer"},
        "tags": {"type": "array", "items": STRING},
        "by": PERSON,
    },
    "required": ["days"],
    "$defs": {"age": {"type": "integer", "minimum": 0}},
}


def source(schema: dict[str, Any]) -> str:
    answer = Answer({})
    rule = Arguments(answer, "arguments0", settled(schema, None, [])).rule
    return answer.source(rule, None, begun=False, spaced=False)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ('{"days": 3}', True),
        (r'{"city": "Z\u00fcrich", "days": 3}', True),
        (r'{"city": "\uD83D\ude00 \u0001 \n \\ \/ é", "days": 3, "tags": ["\u65e5", "b"]}', True),
        (r'{"days": 3, "tags": [], "by": {"name": "\u00e9", "age": 5}}', True),
        ('{"city": "Oslo"}', False),
        ("{}", False),
        (r'{"city": "\ud83d", "days": 3}', False),
        (r'{"city": "\u00g0", "days": 3}', False),
        ('{"days": "3"}', False),
        ('{"days": 3, "by": {"name": "a", "age": -1}}', False),
        ('{"days": 3, "tags": [1]}', False),
        ('{"days": 3, "other": 1}', False),
    ],
)
def test_arguments_fit_with_any_escapes(text: str, *, fits: bool) -> None:
    assert accepts(source(TRIP), text) == fits


def test_nothing_has_to_be_there() -> None:
    schema = {"type": "object", "properties": {"a": STRING, "b": STRING}}
    for text in ("{}", '{"a": ""}', '{"b": ""}', '{"a": "", "b": ""}'):
        assert accepts(source(schema), text)
    assert not accepts(source(schema), '{"b": "", "a": ""}')


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {"type": "object", "properties": {"a": {"enum": ["b", "c"]}}},
        {"type": "object", "properties": {str(number): STRING for number in range(100)}},
        {"anyOf": [{"type": "object", "properties": {"a": STRING}}, {"type": "object", "properties": {"b": STRING}}]},
    ],
)
def test_what_is_more_is_a_schema(schema: dict[str, Any]) -> None:
    assert "arguments0_1: %json" in source(schema)
    assert "STRING" not in source(schema)
