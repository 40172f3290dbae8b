"""Which functions are strict where nobody says it: with OpenAI those whose schema keeps the rules for it."""

from collections.abc import Iterator, Mapping
from typing import Any

OF_VALUES = frozenset({"allOf", "oneOf", "not", "if", "then", "else", "contains", "prefixItems"})
OF_OBJECTS = frozenset(
    {"propertyNames", "dependentRequired", "dependentSchemas", "patternProperties", "unevaluatedProperties"}
)
NOT_STRICT = OF_VALUES | OF_OBJECTS
"""Keywords that OpenAI's strict schemas don't have."""


def may_be_strict(schema: Mapping[str, Any] | None) -> bool:
    """Whether a schema keeps OpenAI's rules: each object names its properties, requires all, and has no others."""
    if schema is None or schema.get("type") != "object":
        return False
    return all(not NOT_STRICT & part.keys() and (is_closed(part) or not is_object(part)) for part in parts(schema))


def is_object(part: Mapping[str, Any]) -> bool:
    kind = part.get("type")
    return kind == "object" or (isinstance(kind, list) and "object" in kind) or "properties" in part


def is_closed(part: Mapping[str, Any]) -> bool:
    properties, required = part.get("properties"), part.get("required")
    named = properties if isinstance(properties, dict) else {}
    listed = required if isinstance(required, list) else []
    return part.get("additionalProperties") is False and named.keys() == {*map(str, listed)}


def parts(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The schema, and all inside it."""
    waiting: list[Any] = [schema]
    while waiting:
        part = waiting.pop()
        if not isinstance(part, dict):
            continue
        yield part
        for name in ("properties", "$defs", "definitions"):
            if isinstance(inside := part.get(name), dict):
                waiting += inside.values()
        waiting += [part.get("items"), part.get("additionalProperties")]
        if isinstance(several := part.get("anyOf"), list):
            waiting += several
