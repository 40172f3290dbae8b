"""The properties that a composed schema speaks of, wherever it does."""

from collections.abc import Mapping
from typing import Any

from puna.engines.llama.grammar.patterns import without_look_around
from puna.structured.document import Document


class Spoken:
    """The names of properties that a schema and what it is composed of speak of, in its order."""

    def __init__(self, document: Document) -> None:
        self.names: dict[str, None] = {}
        self.patterns: dict[str, None] = {}
        self.open = False
        self._document = document
        self._seen: set[int] = set()

    def collect(self, schema: Any, base: str) -> None:
        if not isinstance(schema, dict) or id(schema) in self._seen:
            return
        self._seen.add(id(schema))
        base = self._document.base_of(schema, base)
        for word, value in schema.items():
            match word:
                case "$ref" if isinstance(value, str):
                    target = self._document.resolve(value, base, ("$ref",))
                    self.collect(target.schema, target.base)
                case "properties":
                    self.names |= dict.fromkeys(value)
                case "required":
                    self.names |= dict.fromkeys(value)
                case "patternProperties":
                    self.patterns |= dict.fromkeys(filter(None, map(without_look_around, value)))
                case "additionalProperties" | "unevaluatedProperties":
                    self.open |= value is not False
                case "allOf" | "anyOf" | "oneOf":
                    for part in value:
                        self.collect(part, base)
                case "if" | "then" | "else":
                    self.collect(value, base)
                case "dependentRequired" | "dependentSchemas" | "dependencies":
                    self._dependent(value, base)

    def _dependent(self, value: Mapping[str, Any], base: str) -> None:
        for name, part in value.items():
            names = part if isinstance(part, list) else []
            self.names |= dict.fromkeys([name, *names])
            self.collect(part, base)
