"""Objects that stand in several places of a schema, written once: a grammar is compiled as often as they are written,
by Puna and by the engine."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from puna.structured.keywords import NAMED, ONE, SEVERAL, Schema, subschemas

PREFIX = "repeated"


def once(schema: Schema) -> Schema:
    """The same schema with a definition for each object that it has more than once."""
    counts = Counter(json.dumps(part) for part in inside(schema) if is_object(part))
    names = {text: f"{PREFIX}{number}" for number, text in enumerate(counts) if counts[text] > 1}
    return Once(names).written(schema) if names else schema


class Once:
    """Writes references in place of the objects that have names."""

    def __init__(self, names: dict[str, str]) -> None:
        self._names = names
        self._definitions: dict[str, Any] = {}

    def written(self, root: Schema) -> Schema:
        """The schema with all its definitions."""
        schema = self._rebuilt(root)
        return {**schema, "$defs": {**schema.get("$defs", {}), **self._definitions}}

    def _rebuilt(self, schema: Schema) -> dict[str, Any]:
        result = dict(schema)
        for word, value in schema.items():
            if word in NAMED and isinstance(value, dict):
                result[word] = {name: self._part(part) for name, part in value.items()}
            elif word in SEVERAL and isinstance(value, list):
                result[word] = list(map(self._part, value))
            elif word in ONE:
                result[word] = self._part(value)
        return result

    def _part(self, part: Any) -> Any:
        if not isinstance(part, dict):
            return part
        name = self._names.get(json.dumps(part)) if is_object(part) else None
        if name is None:
            return self._rebuilt(part)
        if name not in self._definitions:
            self._definitions[name] = self._rebuilt(part)
        return {"$ref": f"#/$defs/{name}"}


def inside(schema: Any) -> Iterator[Any]:
    """All schemas in one, without it."""
    for _, part in subschemas(schema):
        yield part
        yield from inside(part)


def is_object(schema: Any) -> bool:
    """Whether a schema says which properties there are."""
    return isinstance(schema, dict) and "properties" in schema
