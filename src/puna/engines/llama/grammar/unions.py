"""Several schemas that hold together, and schemas that exclude one another."""

from collections.abc import Callable, Iterable
from typing import Any

from puna.engines.llama.grammar.keywords import CONSTRAINTS, TYPES, Schema, matches


def merged(schemas: Iterable[Schema]) -> Schema:
    """One schema that wants what all of them want.

    Raises:
        ValueError: whose text is the keyword that they disagree about.
    """
    result: dict[str, Any] = {}
    for schema in schemas:
        if word := misshapen(schema):
            raise ValueError(word)
        closes(result, schema)
        closes(schema, result)
        for name, value in schema.items():
            if name not in result or name not in CONSTRAINTS:
                result[name] = value
            elif name == "properties":
                result[name] = {**result[name], **merged_properties(result[name], value)}
            elif name == "required":
                result[name] = [*result[name], *value]
            elif name == "type":
                result[name] = common_types(result[name], value)
            elif result[name] != value:
                raise ValueError(name)
    return result


def misshapen(schema: Any) -> str | None:
    """What is not of the form that JSON Schema gives it, among the keywords that are compared here."""
    if not isinstance(schema, dict):
        return "type"
    return next((word for word, fits in FORMS.items() if word in schema and not fits(schema[word])), None)


def strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(element, str) for element in value)


FORMS: dict[str, Callable[[Any], bool]] = {
    "type": lambda value: isinstance(value, str) or strings(value),
    "required": strings,
    "properties": lambda value: isinstance(value, dict),
    "enum": lambda value: isinstance(value, list),
}


def merged_properties(left: Schema, right: Schema) -> dict[str, Any]:
    return {
        name: value if left.get(name, value) == value else {"allOf": [left[name], value]}
        for name, value in right.items()
    }


def closes(left: Schema, right: Schema) -> None:
    """One schema's word on undeclared properties is about what the other declares."""
    if left.get("additionalProperties", True) is True or "properties" not in right:
        return
    if not set(right["properties"]) <= set(left.get("properties", {})):
        raise ValueError("additionalProperties")


def common_types(left: Any, right: Any) -> list[str]:
    both = [kind for kind in types(left) if kind in types(right)]
    if not both:
        raise ValueError("type")
    return both


def types(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def disjoint(left: Schema, right: Schema) -> bool:
    """Whether for certain no value fits both."""
    if misshapen(left) or misshapen(right):
        return False
    if "enum" in left or "const" in left:
        return not any(matches(value, right) for value in constants(left))
    if "enum" in right or "const" in right:
        return disjoint(right, left)
    if "type" in left and "type" in right and not overlapping(left["type"], right["type"]):
        return True
    if left.get("type") != "object" or right.get("type") != "object":
        return False
    shared = set(left.get("required", ())) & set(right.get("required", ()))
    properties = (left.get("properties", {}), right.get("properties", {}))
    return any(disjoint(properties[0].get(name, {}), properties[1].get(name, {})) for name in shared)


def overlapping(left: Any, right: Any) -> bool:
    def widened(value: Any) -> set[str]:
        return {"number" if kind == "integer" else kind for kind in types(value)} & set(TYPES)

    return bool(widened(left) & widened(right))


def constants(schema: Schema) -> list[Any]:
    return [schema["const"]] if "const" in schema else list(schema["enum"])
