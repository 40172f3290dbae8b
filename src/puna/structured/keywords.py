"""The keywords of JSON Schema, and walking through a schema (json-schema.org, draft 4 to 2020-12)."""

from collections.abc import Iterator, Mapping
from typing import Any

Path = tuple[str, ...]
"""From a schema's root to a keyword or a part of it: `("properties", "age", "minimum")`."""
Schema = Mapping[str, Any]

OF_TYPE: dict[str, frozenset[str]] = {
    "object": frozenset(
        {
            "properties",
            "required",
            "additionalProperties",
            "patternProperties",
            "propertyNames",
            "minProperties",
            "maxProperties",
            "dependencies",
            "dependentRequired",
            "dependentSchemas",
            "unevaluatedProperties",
        }
    ),
    "array": frozenset(
        {
            "items",
            "prefixItems",
            "additionalItems",
            "minItems",
            "maxItems",
            "uniqueItems",
            "contains",
            "minContains",
            "maxContains",
            "unevaluatedItems",
        }
    ),
    "string": frozenset({"pattern", "format", "minLength", "maxLength"}),
    "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
}
"""The keywords that say something about values of one type only."""

ONE = frozenset(
    {
        "additionalItems",
        "additionalProperties",
        "contains",
        "contentSchema",
        "else",
        "if",
        "items",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    }
)
SEVERAL = frozenset({"allOf", "anyOf", "items", "oneOf", "prefixItems"})
NAMED = frozenset({"$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"})
"""The keywords that hold a schema, a list of schemas, and schemas by name."""


def subschemas(schema: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The schemas directly inside of one, with their paths."""
    if not isinstance(schema, dict):
        return
    for word, value in schema.items():
        if word in ONE and isinstance(value, (dict, bool)):
            yield (*path, word), value
        elif word in SEVERAL and isinstance(value, list):
            for index, part in enumerate(value):
                yield (*path, word, str(index)), part
        elif word in NAMED and isinstance(value, dict):
            for name, part in value.items():
                if isinstance(part, (dict, bool)):
                    yield (*path, word, name), part


def types_of(schema: Schema) -> tuple[str, ...] | None:
    """The types that `type` names; None where the schema has none."""
    kinds = schema.get("type")
    return None if kinds is None else (kinds,) if isinstance(kinds, str) else tuple(kinds)


def is_of_type(value: Any, kind: str) -> bool:
    """Whether a value has that type of JSON Schema's."""
    match kind:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return not isinstance(value, bool) and isinstance(value, (int, float)) and value == value // 1
        case "number":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "array":
            return isinstance(value, list)
        case _:
            return isinstance(value, dict)
