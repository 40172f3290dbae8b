import json
from typing import Any

import pytest

from puna.structured.document import Document, SchemaError
from puna.structured.inhabited import Inhabited
from puna.structured.violations import violation

DEEP: Any = {}
for _ in range(500):
    DEEP = {"type": "array", "items": DEEP}


@pytest.mark.parametrize(
    ("schema", "fits", "fails"),
    [
        ({"minimum": 3, "exclusiveMinimum": True}, 4, 3),
        ({"$schema": "http://json-schema.org/draft-04/schema#", "maximum": 3, "exclusiveMaximum": True}, 2, 3),
        ({"items": [{"type": "string"}], "additionalItems": False}, ["a"], ["a", 1]),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "dependencies": {"a": ["b"]}}, {"b": 1}, {"a": 1}),
        ({"$schema": "https://example.org/unknown", "const": 1}, 1, 2),
        ({"format": "date"}, "2024-02-29", "2023-02-29"),
        ({"multipleOf": 0.01}, 4.35, 4.355),
        ({"maximum": 10**40}, 10**39, 10**41),
        ({"propertyNames": {"maxLength": 2}}, {"ab": 1}, {"abc": 1}),
    ],
)
def test_each_draft_is_read_by_its_own_rules(schema: Any, fits: Any, fails: Any) -> None:
    valid = Document(schema).validator().is_valid
    assert valid(fits)
    assert not valid(fails)


@pytest.mark.parametrize("schema", [DEEP, {"type": "x"}, {"required": "a"}, {"multipleOf": 0}])
def test_what_is_no_schema_is_refused(schema: Any) -> None:
    with pytest.raises(SchemaError):
        Document(schema)


def test_references_are_followed_through_bases_and_anchors() -> None:
    schema = {
        "$id": "https://example.org/root",
        "$defs": {
            "a": {"$id": "other", "$defs": {"b": {"$anchor": "here", "const": 1}}},
            "c~/d %": {"const": 2},
        },
    }
    document = Document(schema)
    base = "https://example.org/root"
    for reference, value in {
        "other#here": 1,
        "other#/$defs/b": 1,
        "#/$defs/a/$defs/b": 1,
        "#/$defs/c~0~1d%20%25": 2,
    }.items():
        assert document.resolve(reference, base, ()).schema["const"] == value
    for missing in ("#/none", "#none", "https://example.org/elsewhere"):
        with pytest.raises(SchemaError):
            document.resolve(missing, base, ("$ref",))


def test_what_only_holds_itself_has_no_instance() -> None:
    node: Any = {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}, "required": ["next"]}
    with pytest.raises(SchemaError, match="nothing fits it"):
        Inhabited(Document({"$ref": "#/$defs/node", "$defs": {"node": node}})).check()
    either = {**node, "properties": {"next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}}}
    Inhabited(Document({"$ref": "#/$defs/node", "$defs": {"node": either}})).check()


def test_a_violation_says_what_failed_where() -> None:
    schema = json.dumps({"properties": {"a": {"items": {"uniqueItems": True}}}})
    assert violation(schema, '{"a": [[1, 2]]}') is None
    found = violation(schema, '{"a": [[1, 2], [3, 3]]}')
    assert str(found).startswith("'uniqueItems' (properties.a.items.uniqueItems) fails at a[1]: ")
    assert "not valid JSON" in str(violation(schema, '{"a": NaN}'))
