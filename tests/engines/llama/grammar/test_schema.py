import json
from contextlib import suppress
from typing import Any

import jsonschema
import pytest

from puna.core.errors import UnsupportedSchema
from puna.engines.llama.grammar.gbnf import Grammar
from puna.engines.llama.grammar.keywords import CONSTRAINTS, TYPES
from puna.engines.llama.grammar.schema import compile_schema
from tests.gbnf import accepts

UNIONS = ("anyOf", "allOf", "oneOf")
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1, "maximum": 14}},
    "required": ["city"],
    "additionalProperties": False,
}
TREE = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "value": {"type": "integer"},
                "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
            },
            "required": ["value", "next"],
        }
    },
}
CAT = {"kind": {"const": "cat"}, "lives": {"type": "integer"}}
DOG = {"kind": {"const": "dog"}}
PETS = {
    "oneOf": [
        {"type": "object", "properties": CAT, "required": ["kind"]},
        {"type": "object", "properties": DOG, "required": ["kind"]},
    ]
}
NULL = {"type": "null"}
OPEN = {"type": "object", "properties": {"ab": NULL}, "additionalProperties": {"type": "integer"}}
BOTH = {"allOf": [{"properties": {"a": NULL}}, {"properties": {"b": NULL}}]}


def fits(schema: dict[str, Any], value: Any) -> bool:
    """Whether the grammar lets the value through. What it lets through has to fit the schema."""
    text = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
    grammar = Grammar()
    rule = compile_schema(grammar, schema)
    fitting = accepts(grammar.text(), text.decode(), rule)
    if fitting:
        jsonschema.validate(json.loads(text), schema)
    return fitting


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (CITY, {"city": "Paris"}),
        (CITY, {"city": "Zürich \"old\" 😀\n", "days": 14}),
        (TREE, {"value": 1, "next": {"value": -2, "next": None}}),
        (PETS, {"kind": "cat", "lives": 9}),
        (PETS, {"kind": "dog"}),
        ({}, {"any": [1, 2.5e3, True, None, {"x": "y"}]}),
        ({"type": "object"}, {}),
        ({"type": "object", "properties": {}}, {}),
        ({"type": ["string", "null"]}, None),
        ({"enum": ["a", 1, None, {"b": [2]}]}, {"b": [2]}),
        ({"const": "é"}, "é"),
        ({"type": "array", "items": {"type": "boolean"}, "minItems": 2, "maxItems": 3}, [True, False, True]),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 1500}, list(range(1500))),
        ({"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False}, ["a", 1]),
        ({"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "null"}}, ["a", None, None]),
        ({"type": "string", "minLength": 2, "maxLength": 4}, "äöü"),
        ({"type": "string", "maxLength": 5000}, "x" * 5000),
        ({"type": "string", "pattern": "^[A-Z]{2}-\\d+$"}, "AB-12"),
        ({"type": "string", "pattern": "b+"}, "abbc"),
        ({"type": "string", "pattern": "^(a|b\\\"|c)*?[^x-z]\\.$"}, 'ab"c!.'),
        ({"type": "string", "format": "date"}, "2024-12-31"),
        ({"type": "string", "format": "date-time"}, "2024-02-28T23:59:59.5Z"),
        ({"type": "string", "format": "uuid"}, "123e4567-e89b-12d3-a456-426614174000"),
        ({"type": "string", "format": "email"}, "a.b@example.org"),
        ({"type": "string", "format": "ipv4"}, "192.168.0.255"),
        ({"type": "integer", "minimum": -3, "exclusiveMaximum": 100}, -3),
        ({"type": "integer", "minimum": -3, "exclusiveMaximum": 100}, 99),
        ({"type": "integer", "minimum": 950}, 123456),
        ({"type": "number", "minimum": 0, "maximum": 1}, 0.25),
        ({"type": "number", "minimum": 0, "maximum": 1}, 1),
        ({"type": "number", "exclusiveMinimum": -1.5, "maximum": 2.25}, -1.4999),
        ({"type": "number", "exclusiveMinimum": -1.5, "maximum": 2.25}, 2.25),
        ({"type": "number", "minimum": 0.25, "maximum": 0.5}, 0.31),
        (BOTH, {"a": None, "b": None}),
        (OPEN, {"a": 1, "abc": 2}),
        ({"type": "string", "maximum": 3}, "a keyword for another type says nothing"),
        ({"type": "object", "required": ["a"], "additionalProperties": {"type": "null"}}, {"a": None}),
    ],
)  # fmt: skip
def test_what_fits_may_be_written(schema: dict[str, Any], value: Any) -> None:
    assert fits(schema, value)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (CITY, {}),
        (CITY, {"city": "Paris", "days": 15}),
        (CITY, {"city": "Paris", "country": "France"}),
        (CITY, b'{"city": "Par'),
        (CITY, b'{"city": "line\nbreak"}'),
        (TREE, {"value": 1}),
        (PETS, {"kind": "cow"}),
        ({"type": "object", "properties": {}}, {"a": 1}),
        ({"enum": ["a"]}, "b"),
        ({"enum": ["a", 1], "type": "string"}, 1),
        ({"type": "array", "items": {}, "maxItems": 2}, [1, 2, 3]),
        ({"type": "array", "items": {"type": "integer"}, "maxItems": 2001}, list(range(2002))),
        ({"type": "array", "prefixItems": [{"type": "string"}], "items": False}, ["a", 1]),
        ({"type": "string", "minLength": 2}, "ä"),
        ({"type": "string", "maxLength": 2500}, "x" * 2501),
        ({"type": "string", "pattern": "^a|b$"}, "cc"),
        ({"type": "string", "format": "date"}, "2023-02-29"),
        ({"type": "string", "format": "ipv4"}, "256.1.1.1"),
        ({"type": "integer", "minimum": 950}, 949),
        ({"type": "integer"}, 1.5),
        ({"type": "number", "minimum": 0, "maximum": 1}, 1.01),
        ({"type": "number", "exclusiveMaximum": 2}, 2),
        ({"type": "number", "exclusiveMinimum": 0.25, "exclusiveMaximum": 0.5}, 0.25),
        ({"type": "number", "minimum": 0.25, "maximum": 0.5}, 0.2),
        (OPEN, {"ab": 1}),
        ({"type": "object", "properties": {"a": {}}, "required": ["a", "b"]}, {"a": 1}),
    ],
)  # fmt: skip
def test_what_does_not_fit_may_not(schema: dict[str, Any], value: Any) -> None:
    assert not fits(schema, value)


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"type": "array", "items": {}, "uniqueItems": True}, "uniqueItems"),
        ({"properties": {"a": {"not": {"type": "null"}}}}, "properties.a.not"),
        ({"type": "object", "patternProperties": {"^x": {}}}, "patternProperties"),
        ({"type": "object", "if": {}, "then": {}}, "if"),
        ({"type": "object", "minProperties": 1}, "minProperties"),
        ({"type": "object", "dependentRequired": {"a": ["b"]}}, "dependentRequired"),
        ({"type": "array", "contains": {"type": "null"}}, "contains"),
        ({"type": "number", "multipleOf": 3}, "multipleOf"),
        ({"type": "string", "format": "idn-email"}, "format"),
        ({"type": "string", "pattern": "(?=a)b"}, "pattern"),
        ({"type": "string", "pattern": "["}, "pattern"),
        ({"type": "string", "pattern": "^a$", "maxLength": 3}, "maxLength"),
        ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, "oneOf"),
        ({"anyOf": [{"not": {}}]}, "anyOf.0.not"),
        ({"type": "wrong"}, "type"),
        ({"type": "object", "properties": []}, "properties"),
        ({"type": "object", "required": "a"}, "required"),
        ({"enum": []}, "enum"),
        ({"$ref": "#/$defs/none"}, "$ref"),
        ({"$ref": "https://example.org/schema"}, "$ref"),
        ({"type": "string", "minLength": -1}, "minLength"),
        ({"type": "string", "minLength": 3, "maxLength": 2}, "minLength"),
        ({"allOf": [{"type": "string"}, {"type": "null"}]}, "type"),
        ({"properties": {"a": 1}}, "properties.a"),
        (
            {"allOf": [{"properties": {"a": {}}, "additionalProperties": False}, {"properties": {"b": {}}}]},
            "additionalProperties",
        ),
    ],
)
def test_what_no_grammar_can_make_sure_of_is_refused_by_its_name(schema: dict[str, Any], path: str) -> None:
    with pytest.raises(UnsupportedSchema) as refused:
        compile_schema(Grammar(), schema)
    assert ".".join(refused.value.about.path) == path


WRONG: list[Any] = [None, True, 5, 1.5, "", "x", [], {}, [{}], [None], ["x"], [[]], {"type": "x"}, {"type": [{}]}]
WORDS = sorted(CONSTRAINTS | {"$ref", "$defs", "items", "properties", "required", "enum", "const", "type"})


@pytest.mark.parametrize("word", WORDS)
def test_what_is_no_schema_is_refused_and_no_defect(word: str) -> None:
    string: dict[str, Any] = {"type": "string"}
    for wrong in WRONG:
        for kind in (*TYPES, None):
            schema = {**({} if kind is None else {"type": kind}), word: wrong}
            holder = {"type": "object", "properties": {"a": schema}, "required": ["a"]}
            other = {"type": "object", "properties": {"a": string}, "required": ["a"]}
            for whole in (
                schema,
                holder,
                *({key: [a, b]} for key in UNIONS for a, b in ((schema, string), (holder, other))),
            ):
                with suppress(UnsupportedSchema):
                    compile_schema(Grammar(), whole)


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
        {"allOf": [{"$ref": "#"}], "type": "object"},
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
    ],
)
def test_a_schema_that_is_only_itself_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedSchema):
        compile_schema(Grammar(), schema)


def test_a_schema_may_be_inside_of_itself() -> None:
    schema = {"type": "array", "items": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}
    assert fits(schema, [[], [None, [None]]])


def test_names_of_properties_do_not_get_into_each_others_way() -> None:
    names = ["value", "object", "root", "first", "string", "a b", "a-b", '"', ""]
    schema = {"type": "object", "properties": {name: {"type": "null"} for name in names}, "required": names}
    assert fits(schema, dict.fromkeys(names))
