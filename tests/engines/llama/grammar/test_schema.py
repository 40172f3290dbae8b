import json
from random import Random
from typing import Any

import jsonschema_rs
import pytest

from puna.core.formats import JsonSchema
from puna.engines.llama.grammar.compiled import RefusedPart, compile_answer, json_source, settled
from puna.engines.llama.grammar.plan import Compiled, Plan, Refusal
from puna.engines.llama.markup import ThinkingTags
from puna.structured.document import Document
from puna.structured.keywords import NAMED, OF_TYPE, ONE, SEVERAL
from tests.guided import TooLong, accepts, sample

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
TAGGED = {
    "oneOf": [
        {"type": "object", "properties": {"type": {"const": "a", "default": "a"}, "x": NULL}},
        {"type": "object", "properties": {"type": {"const": "b", "default": "b"}, "y": NULL}},
    ]
}
"""As pydantic writes a union that is told apart by a tag with a default."""
NEEDING = {"oneOf": [{**one, "required": [name]} for one, name in zip(TAGGED["oneOf"], "xy", strict=True)]}
PASSWORD = {"type": "string", "pattern": r"^(?=.*[A-Z])(?=.*\d)[a-zA-Z\d|]{4,}$"}
ZOD_DATE = {
    "type": "string",
    "format": "date",
    "pattern": r"^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|"
    r"\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|"
    r"(?:02)-(?:0[1-9]|1\d|2[0-8])))$",
}
DAYS = ["2024-02-29", "2000-02-29", "2004-02-29", "1996-02-29", "2023-02-28", "2023-12-31"]
NO_DAYS = ["2023-02-29", "1900-02-29", "2022-02-29", "2024-02-30", "2024-04-31"]
ZOD_UUID = {
    "type": "string",
    "format": "uuid",
    "pattern": r"^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}"
    r"|00000000-0000-0000-0000-000000000000|ffffffff-ffff-ffff-ffff-ffffffffffff)$",
}
"""As zod writes a format: with the pattern that it stands for."""
BOTH = {"allOf": [{"properties": {"a": NULL}}, {"properties": {"b": NULL}}]}


def grammar(schema: dict[str, Any]) -> tuple[str, list[str]]:
    unheld: list[str] = []
    return json_source(settled(schema, None, unheld)), unheld


def fits(schema: dict[str, Any], value: Any) -> bool:
    """Whether the grammar lets the value through. What it lets through has to fit the schema."""
    source, unheld = grammar(schema)
    text = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
    fitting = accepts(source, text)
    if fitting and not unheld:
        assert Document(schema).validator().is_valid(json.loads(text))
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
        ({"type": "array", "items": {"type": "integer"}, "maxItems": 10**6}, list(range(2001))),
        ({"type": "string", "maxLength": 10**6}, "x" * 1000),
        ({"type": "integer", "maximum": 10**30}, 10**29),
        ({"type": "number", "multipleOf": 0.01}, 1.13),
        ({"const": 10**25}, 10**25),
        ({"enum": [2**53 + 1, 2**60, -(2**63), 10**25 + 1]}, 2**60),
        ({"minimum": 10**25}, 10**25),
        ({"type": ["null", "integer"], "exclusiveMaximum": -(10**25), "multipleOf": 7}, None),
        ({"type": "number", "minimum": 10**25, "maximum": 10**25 + 9}, 10**25),
        ({"type": "object", "additionalProperties": NULL, "minProperties": 1, "maxProperties": 3}, {"a": None}),
        ({"properties": {"a": NULL}, "patternProperties": {"^x": NULL}}, {"a": None, "x1": None}),
        ({"type": "object", "propertyNames": {"enum": ["a", "b"]}, "additionalProperties": NULL}, {"b": None}),
        ({"type": "object", "propertyNames": {"type": "string"}, "additionalProperties": NULL}, {"b": None}),
        ({"type": "string", "format": "uri", "minLength": 1, "maxLength": 2083}, "https://example.org/a?b=c"),
        (ZOD_DATE, "2024-12-31"),
        (ZOD_UUID, "123e4567-e89b-42d3-a456-426614174000"),
        ({"type": "string", "format": "uuid4"}, "a format that nobody knows says nothing"),
        ({"minimum": 5, "exclusiveMinimum": True}, 6),
        (TAGGED, {"type": "b", "y": None}),
        (NEEDING, {"type": "b", "y": None}),
        ({"$ref": "#node", "$defs": {"n": {"$anchor": "node", "type": "null"}}}, None),
        ({"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False}, ["a", 1]),
        ({"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "null"}}, ["a", None, None]),
        ({"type": "string", "minLength": 2, "maxLength": 4}, "äöü"),
        ({"type": "string", "maxLength": 5000}, "x" * 5000),
        ({"type": "string", "pattern": "^[A-Z]{2}-\\d+$"}, "AB-12"),
        ({"type": "string", "pattern": "b+"}, "abbc"),
        (PASSWORD, "aB3|x"),
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
        *(({"type": "string", "format": "date"}, day) for day in DAYS),
        ({"type": "string", "format": "date-time"}, "2024-02-29T12:00:00Z"),
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
        (CITY, b'{"days": 3, "city": "Paris"}'),
        (CITY, b'{ "city": "Paris"}'),
        (CITY, b'{"city":  "Paris"}'),
        (CITY, b'{"city": "Paris"}\n'),
        (CITY, b'{"city": "Par'),
        (CITY, b'{"city": "line\nbreak"}'),
        (TREE, {"value": 1}),
        (PETS, {"kind": "cow"}),
        ({"type": "object", "properties": {}}, {"a": 1}),
        ({"enum": ["a"]}, "b"),
        ({"enum": ["a", 1], "type": "string"}, 1),
        ({"type": "array", "items": {}, "maxItems": 2}, [1, 2, 3]),
        ({"type": "array", "items": {"type": "integer"}, "maxItems": 900}, list(range(901))),
        ({"type": "object", "additionalProperties": NULL, "maxProperties": 1}, {"a": None, "b": None}),
        ({"properties": {"a": NULL}, "patternProperties": {"^x": NULL}}, {"y": None}),
        ({"type": "object", "propertyNames": {"enum": ["a", "b"]}}, {"c": 1}),
        ({"type": "object", "propertyNames": {"pattern": "^[a-z]$"}}, {"c1": 1}),
        ({"type": "number", "multipleOf": 0.01}, 0.125),
        ({"type": "integer", "minimum": 2**53 + 1}, 2**53),
        (ZOD_DATE, "2023-02-29"),
        (ZOD_DATE, "2024-12-31x"),
        (ZOD_UUID, "123e4567-e89b-12d3-a456-42661417400"),
        ({"type": "string", "format": "uuid", "pattern": "^a"}, "b23e4567-e89b-12d3-a456-426614174000"),
        ({"minimum": 5, "exclusiveMinimum": True}, 5),
        (TAGGED, {"type": "a", "y": None}),
        (NEEDING, {"y": None}),
        ({"type": "array", "prefixItems": [{"type": "string"}], "items": False}, ["a", 1]),
        ({"type": "string", "minLength": 2}, "ä"),
        ({"type": "string", "maxLength": 2500}, "x" * 2501),
        ({"type": "string", "pattern": "^a|b$"}, "cc"),
        (PASSWORD, "abcd3"),
        (PASSWORD, "aBcd|"),
        (PASSWORD, "aB3"),
        *(({"type": "string", "format": "date"}, day) for day in NO_DAYS),
        ({"type": "string", "format": "date-time"}, "2023-02-29T12:00:00Z"),
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
        ({"type": "object", "if": {"required": ["a"]}, "then": {"required": ["b"]}}, "if"),
        ({"type": "object", "minProperties": 1}, "minProperties"),
        ({"type": "object", "dependentRequired": {"a": ["b"]}}, "dependentRequired"),
        ({"type": "array", "contains": {"type": "null"}}, "contains"),
        ({"type": "number", "multipleOf": 1e-12}, "multipleOf"),
        ({"type": "string", "format": "regex"}, "format"),
        ({"type": "string", "pattern": "(?=a)b"}, "pattern"),
        ({"type": "string", "pattern": "^(?=a)b|c"}, "pattern"),
        ({"type": "string", "pattern": "^(?!a)b"}, "pattern"),
        ({"type": "string", "pattern": '^[^"]+$'}, "pattern"),
        ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, "oneOf"),
        ({"type": "object", "propertyNames": {"not": {"const": "a"}}}, "propertyNames"),
        ({"type": "integer", "maximum": 10**30}, "maximum"),
    ],
)
def test_what_no_grammar_holds_is_named_to_be_checked(schema: dict[str, Any], path: str) -> None:
    assert grammar(schema)[1] == [path]


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"anyOf": [{"not": {}}]}, "anyOf.0.not"),
        ({"type": "wrong"}, "type"),
        ({"type": "object", "properties": []}, "properties"),
        ({"type": "object", "required": "a"}, "required"),
        ({"enum": []}, "enum"),
        ({"enum": [1], "type": "string"}, "enum"),
        ({"$ref": "#/$defs/none"}, "$ref"),
        ({"$ref": "https://example.org/schema"}, "$ref"),
        ({"type": "string", "minLength": -1}, "minLength"),
        ({"type": "string", "pattern": "["}, "pattern"),
        ({"type": "string", "minLength": 3, "maxLength": 2}, "minLength"),
        ({"type": "integer", "minimum": 3, "exclusiveMaximum": 3}, "minimum"),
        ({"allOf": [{"type": "string"}, {"type": "null"}]}, ""),
        ({"properties": {"a": 1}}, "properties.a"),
        ({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}, "properties.a.$ref"),
        ({"$ref": "#"}, "$ref"),
        ({"oneOf": [True, {}, {"type": "null"}]}, "oneOf"),
        ({"anyOf": [{"$ref": "#"}]}, "anyOf.0.$ref"),
        ({"type": "array", "items": False, "minItems": 1}, "items"),
    ],
)
def test_what_is_no_schema_or_has_no_instance_is_refused_with_its_place(schema: dict[str, Any], path: str) -> None:
    with pytest.raises(RefusedPart) as refused:
        grammar(schema)
    assert ".".join(refused.value.refusal.path) == path


WRONG: list[Any] = [None, True, 5, 1.5, "", "x", [], {}, [{}], [None], ["x"], [[]], {"type": "x"}, {"type": [{}]}]
OTHERS = {"$ref", "$defs", "enum", "const", "type", "$id", "$anchor"}
WORDS = sorted(OTHERS.union(ONE, SEVERAL, NAMED, *OF_TYPE.values()))


@pytest.mark.parametrize("word", WORDS)
def test_any_json_is_compiled_or_refused(word: str) -> None:
    string: dict[str, Any] = {"type": "string"}
    for wrong in WRONG:
        schema = {word: wrong}
        holder = {"type": "object", "properties": {"a": schema}, "required": ["a"]}
        unions = [{key: [schema, other]} for key in ("anyOf", "allOf", "oneOf") for other in (string, holder)]
        for whole in (schema, {"type": "array", **schema}, holder, *unions):
            found = compile_answer(Plan(form=JsonSchema(schema=whole)))
            assert isinstance(found, (Compiled, Refusal))


def test_what_stands_in_several_places_is_written_once() -> None:
    point: Any = {"type": "object", "properties": {"x_of_it": NULL}, "required": ["x_of_it"]}
    line: Any = {"type": "object", "properties": {"from": point, "to": point, "via": {"items": point}}}
    schema: Any = {"properties": {"a": line, "b": {"anyOf": [line, point]}, "c": {"const": point}}}
    assert grammar(schema)[0].count("x_of_it") == 4  # as a property that is required, and in the constant
    here = {"x_of_it": None}
    there = {"from": here, "to": here, "via": [here]}
    assert fits(schema, {"a": there, "b": there, "c": point})
    assert fits(schema, {"a": there, "b": here, "c": point})
    assert not fits(schema, {"a": {**there, "to": {}}, "b": here, "c": point})


def test_a_schema_may_be_inside_of_itself() -> None:
    schema = {"type": "array", "items": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}
    assert fits(schema, [[], [None, [None]]])


def test_names_of_properties_do_not_get_into_each_others_way() -> None:
    names = ["value", "object", "root", "first", "string", "a b", "a-b", '"', ""]
    schema = {"type": "object", "properties": {name: {"type": "null"} for name in names}, "required": names}
    assert fits(schema, dict.fromkeys(names))


FORMATS = [
    "date", "time", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "uuid", "uri", "uri-reference",
    "iri", "iri-reference", "idn-email", "idn-hostname", "uri-template", "json-pointer", "relative-json-pointer",
]  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_written_of_a_format_is_one(name: str) -> None:
    schema = {"type": "string", "format": name}
    source, unheld = grammar(schema)
    assert unheld == []
    valid, random = jsonschema_rs.Draft202012Validator(schema, validate_formats=True), Random(5)
    for _ in range(150):
        try:
            text = sample(source, random, 120)
        except TooLong:
            continue
        assert valid.is_valid(json.loads(text)), text


def test_a_thinking_may_end_with_text_before_a_token() -> None:
    tags = ThinkingTags("<|think|>", "<|end|><|begin|>assistant")
    plan = Plan(form=JsonSchema(schema=CITY), thinking=tags, begun=True, control={"<|begin|>": 7})
    compiled = compile_answer(plan)
    assert isinstance(compiled, Compiled)
    source = compiled.grammar.replace("(?s:.*)", r"[^\x01]*").replace("<[7]>", r'"\u0001"')
    assert accepts(source, 'So <|end|> it is.<|end|>\x01assistant{"city": "Paris"}')
    assert not accepts(source, 'So it is.\x01assistant{"city": "Paris"}')


def test_what_a_pattern_looks_ahead_for_is_held() -> None:
    assert grammar(PASSWORD)[1] == []
