"""The part of a JSON Schema that llguidance can hold: a schema for it, and the places of what is left to be checked.

Where a schema leaves freedom the grammar may use less of it: properties come in the schema's order, and undeclared
ones only where something asks for them. Whatever is not `unheld` holds for every answer of the grammar.
"""

import re
from collections.abc import Mapping
from typing import Any

from puna.engines.llama.grammar.formats import FORMATS
from puna.engines.llama.grammar.numbers import exact, far_examples, number_keywords
from puna.engines.llama.grammar.patterns import conjuncts, without_look_around
from puna.engines.llama.grammar.spoken import Spoken
from puna.engines.llama.grammar.unions import Unions
from puna.structured.document import Document, Target
from puna.structured.keywords import OF_TYPE, Path, Schema, types_of

MOST_ITEMS = 1000
"""A grammar that counts further takes long to compile."""
OBJECT = OF_TYPE["object"]
BRANCHES = ("allOf", "anyOf", "oneOf")
CHECKED_ONLY = ("not", "if", "$dynamicRef", "$recursiveRef", "dependentSchemas")


class Relaxed:
    """The relaxed form of one document. `narrow` uses less freedom than the schema has, which may leave nothing."""

    def __init__(self, document: Document, *, narrow: bool = True) -> None:
        self.unheld: dict[Path, None] = {}
        self._document = document
        self._narrow = narrow
        self._definitions: dict[str, Any] = {}
        self._names: dict[tuple[int, bool], str] = {}
        self._unions = Unions(document)
        root = self._relax(document.root, (), "", closed=True)
        self.schema: dict[str, Any] = root if isinstance(root, dict) else {"anyOf": [root]}
        if self._definitions:
            self.schema = {**self.schema, "$defs": self._definitions}

    def _relax(self, schema: Any, path: Path, base: str, *, closed: bool) -> Any:
        """The relaxed form. A `closed` schema has no properties but those it speaks of."""
        if not isinstance(schema, dict):
            return bool(schema)
        base = self._document.base_of(schema, base)
        if "$ref" in schema and self._document.draft.startswith("http://"):
            schema = {"$ref": schema["$ref"]}  # before draft 2019-09 what stands beside a reference says nothing
        if schema.get("not") in ({}, True):
            return False
        for word in CHECKED_ONLY:
            if word in schema and schema[word] not in ({}, False):
                self._leave((*path, word))
        parts = self._parts(schema, path, base, closed=closed and not self._composed(schema))
        own = self._own(schema, path, base, closed=closed)
        if closed and self._composed(schema):
            own = self._closing(own, schema, base)
        if False in parts:
            return False
        if not parts:
            return own
        if not own and len(parts) == 1:
            return parts[0]
        return {**own, "allOf": [*own.get("allOf", ()), *parts]}

    def _leave(self, path: Path) -> None:
        """Note what has to be checked afterwards."""
        self.unheld[path] = None

    def _composed(self, schema: Schema) -> bool:
        """Whether what an object may have stands in several places of the schema."""
        words = [word for word in ("$ref", *BRANCHES, "if", "dependentSchemas", "dependencies") if word in schema]
        alone = len(words) == 1 and words[0] in ("$ref", "anyOf", "oneOf") and not OBJECT & schema.keys()
        return bool(words) and not alone

    def _parts(self, schema: Schema, path: Path, base: str, *, closed: bool) -> list[Any]:
        """What has to hold together with the schema's own keywords."""
        parts: list[Any] = []
        for word in ("$ref", "$dynamicRef", "$recursiveRef"):
            if not isinstance(reference := schema.get(word), str):
                continue
            target = self._document.resolve(reference, base, (*path, word))
            if target.schema is False:
                return [False]
            if target.base.startswith(("http://json-schema.org/", "https://json-schema.org/")) and not target.path:
                self._leave((*path, word))
            parts.append({"$ref": f"#/$defs/{self._definition(target, closed=closed)}"})
        parts += self._several(schema.get("allOf", ()), (*path, "allOf"), base, closed=closed)
        if "anyOf" in schema:
            parts.append({"anyOf": self._several(schema["anyOf"], (*path, "anyOf"), base, closed=closed)})
        if "oneOf" in schema:
            parts.append({"anyOf": self._one_of(schema["oneOf"], (*path, "oneOf"), base, closed=closed)})
        if "if" in schema and self._narrow:
            parts.append(self._conditional(schema, path, base))
        return [part for part in parts if part not in ({}, True)]

    def _several(self, schemas: Any, path: Path, base: str, *, closed: bool) -> list[Any]:
        return [self._relax(part, (*path, str(index)), base, closed=closed) for index, part in enumerate(schemas)]

    def _one_of(self, schemas: Any, path: Path, base: str, *, closed: bool) -> list[Any]:
        """The alternatives; where a tag tells them apart that may be left out, with that tag: what reads the answer
        goes by it."""
        parts = self._several(schemas, path, base, closed=closed)
        if self._narrow and (tag := self._unions.optional_tag(schemas, base)):
            return [{"type": "object", "required": [tag], "allOf": [part]} for part in parts]
        if not self._unions.disjoint(schemas, base, closed=closed and self._narrow):
            self._leave(path)
        return parts

    def _conditional(self, schema: Schema, path: Path, base: str) -> Any:
        """What fits `if` and `then`, or `else`. That `else` excludes `if` is checked afterwards."""
        one, then, other = (
            self._relax(schema.get(word, True), (*path, word), base, closed=False) for word in ("if", "then", "else")
        )
        return {"anyOf": [{"allOf": [one, then]}, other]}

    def _definition(self, target: Target, *, closed: bool) -> str:
        key = (id(target.schema), closed)
        if key not in self._names:
            name = self._names[key] = f"d{len(self._names)}"
            self._definitions[name] = self._relax(target.schema, target.path, target.base, closed=closed)
        return self._names[key]

    def _own(self, schema: Schema, path: Path, base: str, *, closed: bool) -> dict[str, Any]:
        """The keywords that no other schemas of the same value are in."""
        own: dict[str, Any] = {}
        kinds = types_of(schema) or (self._inferred(schema) if self._narrow else None)
        if kinds:
            own["type"] = kinds[0] if len(kinds) == 1 else list(kinds)
        if "const" in schema or "enum" in schema:
            return own | self._constants(schema, path)
        if self._narrow and kinds and {"number", "integer"} & {*kinds} and (far := self._far(schema, kinds)):
            others = [kind for kind in kinds if kind not in ("number", "integer")]
            if not others:
                return far
            return {"anyOf": [far, self._own({**schema, "type": others}, path, base, closed=closed)]}
        if kinds is None or "object" in kinds:
            own |= self._object(schema, path, base, closed=closed)
        if kinds is None or "array" in kinds:
            own |= self._array(schema, path, base)
        if kinds is None or "string" in kinds:
            own |= self._string(schema, path)
        if kinds is None or "number" in kinds or "integer" in kinds:
            numbers, unheld = number_keywords(schema, whole=kinds is not None and "number" not in kinds)
            own |= numbers
            for word in unheld:
                self._leave((*path, word))
        return own

    def _inferred(self, schema: Schema) -> tuple[str, ...] | None:
        """The type that the keywords of a schema without `type` are about; None where it has none of them."""
        return next(((kind,) for kind, words in OF_TYPE.items() if words & schema.keys()), None)

    def _far(self, schema: Schema, kinds: tuple[str, ...]) -> dict[str, Any] | None:
        """Examples of numbers that are too far away for a grammar to reach, where there are any."""
        numbers = [kind for kind in kinds if kind in ("number", "integer")]
        examples = list(filter(exact, far_examples(schema, whole="number" not in kinds)))
        found = examples and self._fitting({**schema, "type": numbers, "enum": examples}, examples)
        return {"enum": found} if found else None

    def _constants(self, schema: Schema, path: Path) -> dict[str, Any]:
        """The constants, but for those that the keywords beside them exclude."""
        word = "const" if "const" in schema else "enum"
        values = self._fitting(schema, [schema["const"]] if word == "const" else list(schema["enum"]))
        written = list(filter(exact, values))
        if values and not written:
            self._leave((*path, word))
            return {}
        return {"enum": written}

    def _fitting(self, schema: Schema, values: list[Any]) -> list[Any]:
        """The values that the schema's own keywords let through."""
        beside = {
            name: value
            for name, value in schema.items()
            if name in ("type", "enum", "multipleOf") or any(name in words for words in OF_TYPE.values())
        }
        if len(beside) > ("enum" in beside) and len(values) <= MOST_ITEMS:
            values = list(filter(Document(beside).validator().is_valid, values))
        return values

    def _string(self, schema: Schema, path: Path) -> dict[str, Any]:
        own: dict[str, Any] = {word: int(schema[word]) for word in ("minLength", "maxLength") if word in schema}
        patterns: list[str] = []
        for given in conjuncts(schema["pattern"]) if "pattern" in schema else ():
            pattern = without_look_around(given)
            if pattern != given:
                self._leave((*path, "pattern"))
            if pattern:
                patterns.append(pattern)
        if schema.get("format") in FORMATS:
            if self._narrow and FORMATS[schema["format"]]:
                patterns.append(str(FORMATS[schema["format"]]))
            else:
                self._leave((*path, "format"))
        if patterns:
            own["pattern"] = patterns[0]
        if patterns[1:]:
            own["allOf"] = [{"type": "string", "pattern": pattern} for pattern in patterns[1:]]
        return own

    def _array(self, schema: Schema, path: Path, base: str) -> dict[str, Any]:
        own: dict[str, Any] = {}
        listed = schema.get("prefixItems", schema.get("items"))
        first = listed if isinstance(listed, list) else []
        word = "prefixItems" if "prefixItems" in schema else "items"
        rest_word = "additionalItems" if isinstance(schema.get("items"), list) else "items"
        if first:
            own["prefixItems"] = self._several(first, (*path, word), base, closed=True)
        if rest_word in schema and (rest_word == "items" or first):
            own["items"] = self._relax(schema[rest_word], (*path, rest_word), base, closed=True)
        elif schema.get("unevaluatedItems", True) is not True:
            own["items"] = self._relax(schema["unevaluatedItems"], (*path, "unevaluatedItems"), base, closed=True)
            self._leave((*path, "unevaluatedItems"))
        own |= self._counted(schema, path)
        if schema.get("uniqueItems") is True and own.get("maxItems", 2) > 1:
            self._leave((*path, "uniqueItems"))
            if isinstance(own.get("items"), dict) and "enum" in own["items"] and not first:
                own["maxItems"] = min(len(own["items"]["enum"]), own.get("maxItems", MOST_ITEMS))
        return own

    def _counted(self, schema: Schema, path: Path) -> dict[str, Any]:
        """How many items, as far as a grammar can count."""
        own: dict[str, Any] = {}
        least, most = int(schema.get("minItems", 0)), schema.get("maxItems")
        if "contains" in schema:
            self._leave((*path, "contains"))
            least = max(least, int(schema.get("minContains", 1))) if self._narrow else least
        if least > MOST_ITEMS:
            self._leave((*path, "minItems"))
        if least:
            own["minItems"] = min(least, MOST_ITEMS)
        if most is not None and most <= MOST_ITEMS and self._narrow:
            own["maxItems"] = int(most)
        elif most is not None:
            self._leave((*path, "maxItems"))
        return own

    def _object(self, schema: Schema, path: Path, base: str, *, closed: bool) -> dict[str, Any]:
        own: dict[str, Any] = {}
        patterned = self._patterned(schema, path, base)
        properties = {
            name: self._property(name, part, patterned, (*path, "properties", name), base)
            for name, part in schema.get("properties", {}).items()
        }
        required = list(dict.fromkeys(schema.get("required", ())))
        if properties:
            own["properties"] = properties
        if patterned:
            own["patternProperties"] = patterned
        if required:
            own["required"] = required
        own |= self._others(schema, path, base)
        self._named(own, schema, path)
        if closed and self._narrow and not self._composed(schema) and "properties" in schema:
            close(own)
        self._sized(own, schema, path)
        for word in ("dependentRequired", "dependencies"):
            if schema.get(word):
                self._leave((*path, word))
        return own

    def _patterned(self, schema: Schema, path: Path, base: str) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for pattern, part in schema.get("patternProperties", {}).items():
            inner = (*path, "patternProperties", pattern)
            result[without_look_around(pattern)] = self._relax(part, inner, base, closed=True)
            if len(schema["patternProperties"]) > 1 or without_look_around(pattern) != pattern:
                self._leave(inner)
        return {pattern: part for pattern, part in result.items() if pattern}

    def _property(self, name: str, schema: Any, patterned: Mapping[str, Any], path: Path, base: str) -> Any:
        """A declared property, which has to fit the patterns of its name as well."""
        own = self._relax(schema, path, base, closed=True)
        also = [part for pattern, part in patterned.items() if matches(pattern, name) and part not in ({}, True)]
        return {"allOf": [own, *also]} if also else own

    def _others(self, schema: Schema, path: Path, base: str) -> dict[str, Any]:
        """What undeclared properties have to be."""
        for word in ("additionalProperties", "unevaluatedProperties"):
            if word in schema:
                if word == "unevaluatedProperties" and schema[word] is not True and self._composed(schema):
                    self._leave((*path, word))
                    continue
                return {"additionalProperties": self._relax(schema[word], (*path, word), base, closed=True)}
        return {}

    def _named(self, own: dict[str, Any], schema: Schema, path: Path) -> None:
        """What `propertyNames` says, as properties or a pattern of their names."""
        names = schema.get("propertyNames", True)
        if isinstance(names, dict) and isinstance(names.get("$ref"), str):
            base = self._document.base_of(schema, "")
            names = self._document.resolve(names["$ref"], base, (*path, "propertyNames", "$ref")).schema
        if isinstance(names, bool):
            if not names:
                own |= {"properties": {}, "additionalProperties": False}
            return
        words = names.keys() - {"type", "title", "description", "$comment", "default", "examples"}
        if not words and "string" in (types_of(names) or ("string",)):
            return
        if "properties" in own or "patternProperties" in own or not self._narrow:
            self._leave((*path, "propertyNames"))
            return
        others = own.pop("additionalProperties", True)
        own["additionalProperties"] = False
        if words <= {"enum", "const"}:
            values = names.get("enum", [names.get("const")])
            own["properties"] = {name: others for name in values if isinstance(name, str)}
            return
        relaxed = self._string(names, (*path, "propertyNames"))
        if words - {"pattern", "format", "minLength", "maxLength"} or "allOf" in relaxed:
            self._leave((*path, "propertyNames"))
        own["patternProperties"] = {named_by(relaxed): others}
        if "pattern" in relaxed and len(relaxed) > 1:
            self._leave((*path, "propertyNames"))

    def _sized(self, own: dict[str, Any], schema: Schema, path: Path) -> None:
        """How many properties. The grammar can't see whether a name comes twice."""
        declared, required = own.get("properties", {}), own.get("required", ())
        least, most = int(schema.get("minProperties", 0)), schema.get("maxProperties")
        fixed = own.get("additionalProperties") is False and "patternProperties" not in own
        countable = not set(declared) - set(required)
        if fixed and len(required) < least == len(declared):
            own["required"] = list(declared)
        elif least > len(required):
            self._leave((*path, "minProperties"))
            if countable and not fixed:
                own["minProperties"] = least
        if most is not None and not (fixed and len(declared) <= most):
            if countable:
                own["maxProperties"] = int(most)
            else:
                self._leave((*path, "maxProperties"))

    def _closing(self, own: dict[str, Any], schema: Schema, base: str) -> dict[str, Any]:
        """The schema's own keywords, and none but the properties that one of its parts speaks of."""
        spoken = Spoken(self._document)
        spoken.collect(schema, base)
        if not self._narrow or not spoken.names or spoken.open:
            return own
        properties = {name: own.get("properties", {}).get(name, True) for name in spoken.names}
        closing = {**own, "properties": properties, "additionalProperties": own.get("additionalProperties", False)}
        if spoken.patterns:
            closing["patternProperties"] = dict.fromkeys(spoken.patterns, True) | own.get("patternProperties", {})
        return closing


def close(own: dict[str, Any]) -> None:
    """Allow no undeclared properties but the required ones, where nothing is said of them."""
    if "additionalProperties" in own:
        return
    own["additionalProperties"] = False
    for name in own.get("required", ()):
        if not any(matches(pattern, name) for pattern in own.get("patternProperties", ())):
            own["properties"].setdefault(name, True)


def matches(pattern: str, name: str) -> bool:
    """Whether a pattern is found in a name; where Python can't read it, for caution, that it is."""
    try:
        return re.search(pattern, name) is not None
    except (re.error, OverflowError):
        return True


def named_by(relaxed: Mapping[str, Any]) -> str:
    """A pattern of names, from what a schema says of strings."""
    if "pattern" in relaxed:
        return str(relaxed["pattern"])
    low, high = relaxed.get("minLength", 0), relaxed.get("maxLength", "")
    return f"^.{{{low},{high}}}$"
