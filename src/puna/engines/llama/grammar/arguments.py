"""Arguments of calls that are the model's choice, in which strings may have any escapes.

llguidance's own JSON knows escapes of control characters only, and a model that has begun another one is led to one
of those. So what is made of objects, arrays and strings alone is written here, and the rest is JSON Schema.
"""

import json
from collections.abc import Mapping
from typing import Any

from puna.engines.llama.grammar.lark import Answer

_HEX = "[0-9a-fA-F]"
_CODE = (
    rf"[0-9a-cefA-CEF]{_HEX}{{3}}|[dD][0-7]{_HEX}{{2}}"
    rf"|[dD][89abAB]{_HEX}{{2}}\\u[dD][c-fC-F]{_HEX}{{2}}"  # two for one character
)
STRING = rf'/"([^"\\\x00-\x1f\x7f]|\\(["\\\/bfnrt]|u({_CODE})))*"/'
OBJECT = {"type", "properties", "required", "additionalProperties", "$defs"}
MOST_PROPERTIES = 30
"""An object's rule has a way for each of its properties to be the first."""


class Arguments:
    """The rules of a tool's arguments, in the grammar of that answer."""

    def __init__(self, answer: Answer, name: str, schema: Mapping[str, Any]) -> None:
        self._answer = answer
        self._name = name
        self._definitions = schema.get("$defs")
        self._count = 0
        self.rule = self._of(schema)

    def _of(self, schema: Mapping[str, Any]) -> str:
        """The rule of a part."""
        if schema == {"type": "string"}:
            return self._answer.rule("STRING", STRING)
        if schema.get("type") == "object" and schema.keys() <= OBJECT and self._is_closed(schema):
            return self._object(schema)
        if schema == {"type": "array", "items": schema.get("items")} and self._has_strings(schema["items"]):
            item = self._of(schema["items"])
            return self._add(rf'"[" ({item} (", " {item})*)? "]"')
        self._count += 1
        definitions = {"$defs": self._definitions} if self._definitions else {}
        return self._answer.json(f"{self._name}_{self._count}", {**schema, **definitions})

    def _is_closed(self, schema: Mapping[str, Any]) -> bool:
        """Whether an object has the properties that it names, and none besides."""
        properties = schema.get("properties", {})
        named = 0 < len(properties) <= MOST_PROPERTIES and schema.get("additionalProperties") is False
        possible = all(isinstance(value, Mapping) for value in properties.values())
        return named and possible and {*schema.get("required", ())} <= properties.keys() and self._has_strings(schema)

    def _has_strings(self, schema: Any) -> bool:
        return '{"type": "string"}' in json.dumps(schema)

    def _object(self, schema: Mapping[str, Any]) -> str:
        required = schema.get("required", ())
        members = [
            (f"{self._answer.literal(json.dumps(key, ensure_ascii=False) + ': ')} {self._of(value)}", key in required)
            for key, value in schema["properties"].items()
        ]
        ways = []
        for place, (member, needed) in enumerate(members):
            rest = (f'(", " {other})' + ("" if must else "?") for other, must in members[place + 1 :])
            ways.append(" ".join(('"{"', member, *rest, '"}"')))
            if needed:
                break
        else:
            ways.append('"{}"')
        return self._add(" | ".join(ways))

    def _add(self, body: str) -> str:
        self._count += 1
        return self._answer.rule(f"{self._name}_{self._count}", body)
