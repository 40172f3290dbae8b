"""The keywords of JSON Schema (json-schema.org, draft 2020-12: core and validation)."""

from collections.abc import Callable, Mapping
from typing import Any

Path = tuple[str, ...]
Schema = Mapping[str, Any]

OBJECT = {
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
ARRAY = {
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
STRING = {"pattern", "format", "minLength", "maxLength"}
NUMBER = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
ANY = {"not", "if", "then", "else", "$dynamicRef", "$recursiveRef"}

TYPES: dict[str, set[str]] = {
    "object": OBJECT | ANY,
    "array": ARRAY | ANY,
    "string": STRING | ANY,
    "integer": NUMBER | ANY,
    "number": NUMBER | ANY,
    "boolean": ANY,
    "null": ANY,
}
"""The types, and the keywords that say something about a value of it."""

CONSTRAINTS = set().union(*TYPES.values()) | {"type", "enum", "const", "$ref", "allOf", "anyOf", "oneOf"}
"""The keywords that narrow what fits. Whatever else a schema has only describes."""


def never(_: Any, __: Schema) -> bool:
    return False


REFUSED: dict[str, Callable[[Any, Schema], bool]] = {
    "patternProperties": lambda value, _: not value,
    "propertyNames": lambda value, _: value in (True, {}),
    "minProperties": lambda value, schema: isinstance(value, int) and value <= len(schema.get("required", ())),
    "maxProperties": lambda value, schema: (
        isinstance(value, int)
        and schema.get("additionalProperties") is not True
        and 0 < len(schema.get("properties", ())) <= value
    ),
    "dependencies": lambda value, _: not value,
    "dependentRequired": lambda value, _: not value,
    "dependentSchemas": lambda value, _: not value,
    "unevaluatedProperties": lambda value, _: value is True,
    "uniqueItems": lambda value, _: value is False,
    "contains": never,
    "minContains": never,
    "maxContains": never,
    "unevaluatedItems": lambda value, _: value is True,
    "multipleOf": never,
    "not": never,
    "if": never,
    "then": never,
    "else": never,
    "$dynamicRef": never,
    "$recursiveRef": never,
}
"""Keywords no grammar can enforce, and whether such a value of theirs asks for nothing that is not so anyway."""


def inferred_types(schema: Schema) -> tuple[str, ...] | None:
    """The type that the keywords of a schema without `type` are about; None where it has none of them."""
    for kind, keywords in {"object": OBJECT, "array": ARRAY, "string": STRING, "number": NUMBER}.items():
        if keywords & schema.keys():
            return (kind,)
    if ANY & schema.keys():
        return tuple(TYPES)
    return None


def matches(value: Any, schema: Schema) -> bool:
    """Whether a value has one of the schema's types and is one of its constants."""
    types = [schema["type"]] if isinstance(schema.get("type"), str) else schema.get("type", list(TYPES))
    constants = schema.get("enum", [schema["const"]] if "const" in schema else [value])
    return any(of_type(value, kind) for kind in types) and any(same(value, constant) for constant in constants)


def of_type(value: Any, kind: str) -> bool:
    match kind:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "array":
            return isinstance(value, list)
        case _:
            return isinstance(value, Mapping)


def same(left: Any, right: Any) -> bool:
    """JSON's equality, where true is not 1."""
    return left == right and isinstance(left, bool) == isinstance(right, bool)
