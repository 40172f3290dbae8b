"""Alternatives that exclude one another, and what tells them apart."""

from collections.abc import Iterable, Mapping
from typing import Any

from puna.structured.document import Document
from puna.structured.keywords import is_of_type, types_of

MOST_COMPARED = 100
"""More alternatives than these are compared by their tag only."""
FLATTENED = 16
"""How many references and `allOf` deep a schema is looked into."""


class Unions:
    """Compares the alternatives of one document."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def disjoint(self, schemas: Iterable[Any], base: str, *, closed: bool) -> bool:
        """Whether for certain no value fits two. With `closed` none has properties that it does not declare."""
        flat = [self._flat(schema, base) for schema in schemas]
        if self._tag(flat, required=True):
            return True
        if len(flat) > MOST_COMPARED:
            return False
        return all(
            excluding(left, right) or (closed and need_one_another(left, right))
            for place, left in enumerate(flat)
            for right in flat[:place]
        )

    def optional_tag(self, schemas: Iterable[Any], base: str) -> str | None:
        """The property that has constants of its own in each alternative, where not all require such a one."""
        flat = [self._flat(schema, base) for schema in schemas]
        return None if self._tag(flat, required=True) else self._tag(flat, required=False)

    def _tag(self, flat: list[dict[str, Any]], *, required: bool) -> str | None:
        for name in flat[0].get("properties", {}) if flat else ():
            seen: list[str] = []
            for schema in flat:
                constants = constants_of(schema.get("properties", {}).get(name))
                if constants is None or schema.get("type") not in ("object", None):
                    break
                if required and (name not in schema.get("required", ()) or schema.get("type") != "object"):
                    break
                seen += map(repr, constants)
            else:
                if len(seen) == len(set(seen)):
                    return str(name)
        return None

    def _flat(self, schema: Any, base: str, depth: int = 0) -> dict[str, Any]:
        """A schema with what its references and its `allOf` say of types, constants and properties."""
        if not isinstance(schema, dict) or depth > FLATTENED:
            return {}
        base = self._document.base_of(schema, base)
        parts = [self._flat(part, base, depth + 1) for part in schema.get("allOf", ())]
        if isinstance(reference := schema.get("$ref"), str):
            target = self._document.resolve(reference, base, ("$ref",))
            parts.append(self._flat(target.schema, target.base, depth + 1))
        result = {word: schema[word] for word in ("type", "enum", "const") if word in schema}
        properties = {name: self._constant(part, base) for name, part in schema.get("properties", {}).items()}
        required = list(schema.get("required", ()))
        for part in parts:
            result = part | result
            properties = part.get("properties", {}) | properties
            required += part.get("required", ())
        return result | {"properties": properties, "required": required}

    def _constant(self, schema: Any, base: str) -> Any:
        """A property's schema, or the one its reference leads to."""
        if isinstance(schema, dict) and isinstance(reference := schema.get("$ref"), str):
            return self._document.resolve(reference, self._document.base_of(schema, base), ("$ref",)).schema
        return schema


def excluding(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    """Whether types or constants tell two flat schemas apart."""
    for one, other in ((left, right), (right, left)):
        constants = constants_of(one)
        if constants is not None:
            fitting = constants_of(other)
            kinds = types_of(other)
            return all(
                (fitting is not None and repr(value) not in map(repr, fitting))
                or (kinds is not None and not any(is_of_type(value, kind) for kind in kinds))
                for value in constants
            )
    kinds, others = types_of(left), types_of(right)
    return kinds is not None and others is not None and not widened(kinds) & widened(others)


def need_one_another(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    """Whether each of two objects without undeclared properties has to have one that the other does not declare."""
    return (
        left.get("type") == right.get("type") == "object"
        and bool(set(left["required"]) - set(right["properties"]))
        and bool(set(right["required"]) - set(left["properties"]))
    )


def widened(kinds: Iterable[str]) -> set[str]:
    return {"number" if kind == "integer" else kind for kind in kinds}


def constants_of(schema: Any) -> list[Any] | None:
    """The only values that a schema lets through, where it names them."""
    if not isinstance(schema, dict):
        return None
    return [schema["const"]] if "const" in schema else list(schema["enum"]) if "enum" in schema else None
