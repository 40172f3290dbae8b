"""Whether a schema has an instance at all, as far as its own structure tells."""

from collections.abc import Mapping
from typing import Any

from puna.structured.document import Document, SchemaError
from puna.structured.keywords import Path, is_of_type, subschemas, types_of

ALL_TYPES = ("object", "array", "string", "number", "boolean", "null")


class Inhabited:
    """The schemas of a document that have an instance: a least fixed point, so what holds only itself has none."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._nodes: list[tuple[Any, Path, str]] = []
        self._known: dict[int, bool] = {}
        self._collect(document.root, (), "")
        changed = True
        while changed:
            changed = False
            for schema, _, base in self._nodes:
                if not self._known[id(schema)] and self._has_instance(schema, base):
                    self._known[id(schema)] = changed = True

    def check(self) -> None:
        """Raises SchemaError, with the innermost place that is to blame, where the root has no instance."""
        if self._has(self._document.root):
            return
        raise SchemaError("nothing fits it", self._culprit(self._document.root, ()))

    def _collect(self, schema: Any, path: Path, base: str) -> None:
        if not isinstance(schema, dict):
            return
        base = self._document.base_of(schema, base)
        self._nodes.append((schema, path, base))
        self._known[id(schema)] = False
        if isinstance(reference := schema.get("$ref"), str):
            target = self._document.resolve(reference, base, (*path, "$ref"))
            if id(target.schema) not in self._known:
                self._collect(target.schema, target.path, target.base)
        for inner, part in subschemas(schema, path):
            if id(part) not in self._known:
                self._collect(part, inner, base)

    def _has(self, schema: Any) -> bool:
        return schema if isinstance(schema, bool) else self._known.get(id(schema), True)

    def _has_instance(self, schema: Mapping[str, Any], base: str) -> bool:
        if isinstance(reference := schema.get("$ref"), str):
            target = self._document.resolve(reference, base, ("$ref",))
            if not self._has(target.schema):
                return False
        if schema.get("not") in ({}, True) or not all(map(self._has, schema.get("allOf", ()))):
            return False
        if sum(part in (True, {}) for part in schema.get("oneOf", ())) > 1:
            return False
        for word in ("anyOf", "oneOf"):
            if word in schema and not any(map(self._has, schema[word])):
                return False
        kinds = types_of(schema) or ALL_TYPES
        if "enum" in schema or "const" in schema:
            constants = [schema["const"]] if "const" in schema else schema["enum"]
            return any(is_of_type(value, kind) for value in constants for kind in kinds)
        return any(self._has_of_type(kind, schema) for kind in kinds)

    def _has_of_type(self, kind: str, schema: Mapping[str, Any]) -> bool:
        match kind:
            case "object":
                return all(self._has_property(name, schema) for name in schema.get("required", ())) and in_order(
                    schema, "minProperties", "maxProperties"
                )
            case "array":
                return self._has_items(schema) and in_order(schema, "minItems", "maxItems")
            case "string":
                return in_order(schema, "minLength", "maxLength")
            case "number" | "integer":
                return in_order(schema, "minimum", "maximum") and strictly(schema)
            case _:
                return True

    def _has_property(self, name: str, schema: Mapping[str, Any]) -> bool:
        if name in schema.get("properties", {}):
            return self._has(schema["properties"][name])
        return bool(schema.get("patternProperties")) or self._has(schema.get("additionalProperties", True))

    def _has_items(self, schema: Mapping[str, Any]) -> bool:
        listed = schema.get("prefixItems", schema.get("items"))
        first = listed if isinstance(listed, list) else []
        rest = schema.get("items", True)
        rest = schema.get("additionalItems", True) if isinstance(rest, list) else rest
        least = schema.get("minItems", 0)
        return all(map(self._has, first[: int(least)])) and (least <= len(first) or self._has(rest))

    def _culprit(self, schema: Any, path: Path) -> Path:
        """The place of the innermost schema without an instance that those around it need."""
        if not isinstance(schema, dict):
            return path
        needed = {("properties", name) for name in schema.get("required", ())}
        for inner, part in subschemas(schema, path):
            step = inner[len(path) :]
            if (step in needed or step[0] in ("allOf", "anyOf", "oneOf", "items")) and not self._has(part):
                return self._culprit(part, inner)
        words = (
            *("not", "enum", "const", "minLength", "minItems"),
            *("minimum", "exclusiveMinimum", "required", "$ref", "oneOf"),
        )
        return (*path, next((word for word in words if word in schema), "type"))


def in_order(schema: Mapping[str, Any], low: str, high: str) -> bool:
    """Whether there is anything between two bounds."""
    return low not in schema or high not in schema or bool(schema[low] <= schema[high])


def strictly(schema: Mapping[str, Any]) -> bool:
    """Whether there is a number between bounds of which one at least is left out itself."""
    lows, highs = ("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")
    pairs = [(low, high) for low in lows for high in highs if (low, high) != ("minimum", "maximum")]
    return all(low not in schema or high not in schema or schema[low] < schema[high] for low, high in pairs)
