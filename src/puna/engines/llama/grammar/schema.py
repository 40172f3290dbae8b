"""JSON Schema (draft 2020-12, and draft 7 where it differs) as GBNF.

What the grammar lets through always fits the schema. Where a schema leaves freedom the grammar may use less of it:
properties come in the schema's order, and undeclared ones only where `additionalProperties` asks for them. What can't
be made sure of is refused, never left out.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

from puna.core.errors import UnsupportedSchema
from puna.core.subjects import AnswerSchema, ToolSchema
from puna.engines.llama.grammar import values
from puna.engines.llama.grammar.formats import FORMATS
from puna.engines.llama.grammar.gbnf import Grammar
from puna.engines.llama.grammar.keywords import CONSTRAINTS, REFUSED, TYPES, Path, Schema, inferred_types, matches
from puna.engines.llama.grammar.numbers import Bounds, decimals, integers
from puna.engines.llama.grammar.objects import Property, array_rule, object_rule
from puna.engines.llama.grammar.patterns import UnsupportedPattern, compile_pattern
from puna.engines.llama.grammar.unions import disjoint, merged

DEEPEST = 64
"""How deep a schema may nest; its references included where they have other keywords beside them."""
T = TypeVar("T")


def compile_schema(grammar: Grammar, schema: Mapping[str, Any], *, tool: str | None = None) -> str:
    """The name of a rule for JSON that fits the schema.

    Raises:
        UnsupportedSchema: naming the keyword.
    """
    try:
        return Compiler(grammar, schema, tool).rule(dict(schema), ())
    except RecursionError as error:
        raise UnsupportedSchema("it refers to itself without end", subject((), tool)) from error


class Compiler:
    """Compiles one document. A path leads to the keyword at hand, for the error that names it."""

    def __init__(self, grammar: Grammar, root: Schema, tool: str | None) -> None:
        self._grammar = grammar
        self._root = root
        self._tool = tool
        self._references: dict[str, str] = {}
        self._depth = 0
        self._open: tuple[str, ...] = ()

    def rule(self, schema: Any, path: Path) -> str:
        """The name of the rule of a schema."""
        if schema is True:
            return values.any_value(self._grammar)
        if not isinstance(schema, dict):
            raise self._error("a schema has to be an object", path)
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._error(f"it nests deeper than {DEEPEST} levels", path)
        try:
            return self._grammar.add(path[-1] if path else "schema", self._body(schema, path))
        finally:
            self._depth -= 1

    def _body(self, schema: Schema, path: Path) -> str:
        constraints = {name: value for name, value in schema.items() if name in CONSTRAINTS}
        for word in ("$ref", "allOf", "anyOf", "oneOf"):
            if word in constraints:
                siblings = {name: value for name, value in constraints.items() if name != word}
                return str(getattr(self, "_" + word.strip("$").lower())(constraints[word], siblings, path))
        if "const" in constraints or "enum" in constraints:
            return self._enumeration(constraints, path)
        types = self._types(constraints, path)
        if types is None:
            return values.any_value(self._grammar)
        return " | ".join(self._of_type(kind, constraints, path) for kind in types)

    def _ref(self, reference: Any, siblings: Schema, path: Path) -> str:
        target = self._resolve(reference, (*path, "$ref"))
        if siblings:
            return self._body(self._merge([target, siblings], path), path)
        if reference in self._open:
            raise self._error("it refers to itself with nothing in between", (*path, "$ref"))
        if reference not in self._references:
            name = self._references[reference] = self._grammar.reserve(reference)
            definition = tuple(reference.split("/")[1:])
            self._open, outside = (*self._open, reference), self._open
            self._grammar.define(name, self._body(target, definition) if target else values.any_value(self._grammar))
            self._open = outside
        return self._references[reference]

    def _resolve(self, reference: Any, path: Path) -> Schema:
        if not isinstance(reference, str) or not reference.startswith("#"):
            raise self._error("only references into the same schema (#/…) can be followed", path)
        target: Any = self._root
        for step in reference[1:].split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~")
            try:
                target = target[int(key)] if isinstance(target, list) else target[key]
            except (KeyError, IndexError, ValueError, TypeError):
                raise self._error(f"there is no {reference}", path) from None
        if target is True:
            return {}
        return self._expect(target, dict, path, "a schema")

    def _allof(self, parts: Any, siblings: Schema, path: Path) -> str:
        schemas = self._schemas(parts, (*path, "allOf"))
        return self._body(self._merge([*map(self._flat, schemas), siblings], path), path)

    def _flat(self, schema: Schema) -> Schema:
        """The schema a reference leads to, together with what stands beside the reference."""
        if "$ref" not in schema:
            return schema
        siblings = {name: value for name, value in schema.items() if name != "$ref"}
        return self._merge([self._flat(self._resolve(schema["$ref"], ("$ref",))), siblings], ("$ref",))

    def _anyof(self, parts: Any, siblings: Schema, path: Path) -> str:
        return self._union("anyOf", self._schemas(parts, (*path, "anyOf")), siblings, path)

    def _oneof(self, parts: Any, siblings: Schema, path: Path) -> str:
        schemas = self._schemas(parts, (*path, "oneOf"))
        flat = [self._flat(schema) for schema in schemas]
        if not all(disjoint(left, right) for place, left in enumerate(flat) for right in flat[:place]):
            raise self._error(
                "its alternatives may overlap: make them of different types, or give each a property with a "
                "constant of its own, or use anyOf",
                (*path, "oneOf"),
            )
        return self._union("oneOf", schemas, siblings, path)

    def _union(self, word: str, schemas: list[Schema], siblings: Schema, path: Path) -> str:
        rules = []
        for place, schema in enumerate(schemas):
            inner = (*path, word, str(place))
            rules.append(self.rule(self._merge([self._flat(schema), siblings], inner) if siblings else schema, inner))
        return " | ".join(dict.fromkeys(rules))

    def _enumeration(self, schema: Schema, path: Path) -> str:
        choices = self._expect(schema.get("enum", [schema.get("const")]), list, (*path, "enum"), "an array")
        if "const" in schema:
            choices = [value for value in choices if matches(value, {"enum": [schema["const"]]})]
        unsupported = set(schema) - {"enum", "const", "type"}
        types = self._types(schema, path)
        if types is not None:
            unsupported -= CONSTRAINTS - set().union(*(TYPES[kind] for kind in types))
            choices = [value for value in choices if matches(value, {"type": list(types)})]
        if unsupported:
            raise self._error("it can't be combined with enum or const", (*path, min(unsupported)))
        if not choices:
            raise self._error("no value is left that fits", (*path, "enum"))
        return " | ".join(dict.fromkeys(values.constant(value) for value in choices))

    def _types(self, schema: Schema, path: Path) -> tuple[str, ...] | None:
        """The types a value may have; None for any. Without `type` the other keywords tell."""
        if "type" not in schema:
            return inferred_types(schema)
        types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
        if (
            not isinstance(types, list)
            or not types
            or not all(isinstance(kind, str) and kind in TYPES for kind in types)
        ):
            raise self._error(f"expected one or several of {', '.join(TYPES)}", (*path, "type"))
        return tuple(types)

    def _of_type(self, kind: str, schema: Schema, path: Path) -> str:
        relevant = {name: value for name, value in schema.items() if name in TYPES[kind]}
        for name in relevant:
            if name in REFUSED and not REFUSED[name](relevant[name], relevant):
                raise self._error("this keyword can't be enforced", (*path, name))
        match kind:
            case "object" | "array":
                # Inside of brackets a schema may refer to itself again.
                self._open, outside = (), self._open
                body = self._object(relevant, path) if kind == "object" else self._array(relevant, path)
                self._open = outside
                return body
            case "string":
                return self._string(relevant, path)
            case "integer" | "number":
                return self._number(kind, relevant, path)
            case "boolean":
                return values.boolean(self._grammar)
            case _:
                return values.null(self._grammar)

    def _object(self, schema: Schema, path: Path) -> str:
        properties = self._expect(schema.get("properties", {}), dict, (*path, "properties"), "an object")
        required = self._expect(schema.get("required", []), list, (*path, "required"), "an array of strings")
        if not all(isinstance(name, str) for name in required):
            raise self._error("expected an array of strings", (*path, "required"))
        others = schema.get("additionalProperties", "properties" not in schema)
        undeclared = [name for name in required if name not in properties]
        if undeclared and schema.get("additionalProperties") is False:
            raise self._error(f"{undeclared[0]!r} is no property", (*path, "required"))
        if not properties and not required and others is True:
            return values.any_object(self._grammar)
        members = [
            Property(name, self.rule(value, (*path, "properties", name)), name in required)
            for name, value in properties.items()
            if value is not False or name in required
        ]
        extra = None if others is False else self.rule(others, (*path, "additionalProperties"))
        members += [
            Property(name, extra or values.any_value(self._grammar), True) for name in dict.fromkeys(undeclared)
        ]
        return object_rule(self._grammar, members, extra)

    def _array(self, schema: Schema, path: Path) -> str:
        word = "prefixItems" if "prefixItems" in schema else "items"
        listed = schema.get(word, [])
        first = listed if isinstance(listed, list) else []
        rest: Any = schema.get("additionalItems" if word == "items" and first else "items", not first)
        low, high = self._count(schema, "minItems", path) or 0, self._count(schema, "maxItems", path)
        if (high is not None and high < low) or (rest is False and low > len(first)):
            raise self._error("no array is that long", (*path, "minItems"))
        rules = [self.rule(value, (*path, word, str(place))) for place, value in enumerate(first)]
        return array_rule(
            self._grammar, rules, None if rest is False else self.rule(rest, (*path, "items")), low, high
        )

    def _string(self, schema: Schema, path: Path) -> str:
        low, high = self._count(schema, "minLength", path) or 0, self._count(schema, "maxLength", path)
        shapes = [name for name in ("pattern", "format") if name in schema]
        if len(shapes) == 2 or (shapes and (low or high is not None)):
            raise self._error(
                f"it can't be combined with {shapes[0]}", (*path, max(set(schema) - {"type", shapes[0]}))
            )
        if shapes:
            return self._shaped(shapes[0], schema[shapes[0]], (*path, shapes[0]))
        if high is not None and high < low:
            raise self._error("no string is that long", (*path, "minLength"))
        return rf'"\"" {self._grammar.repeat(values.character(self._grammar), low, high)} "\""'

    def _shaped(self, word: str, value: Any, path: Path) -> str:
        pattern = self._expect(value, str, path, "a string")
        if word == "format":
            if pattern not in FORMATS:
                raise self._error(f"the format {pattern!r} can't be enforced, only {', '.join(FORMATS)}", path)
            pattern = FORMATS[pattern]
        try:
            return rf'"\"" {compile_pattern(self._grammar, pattern)} "\""'
        except UnsupportedPattern as error:
            raise self._error(f"the pattern {pattern!r} can't be enforced: {error}", path) from error

    def _number(self, kind: str, schema: Schema, path: Path) -> str:
        bounds = self._bounds(schema, path)
        if bounds == Bounds():
            return (values.integer if kind == "integer" else values.number)(self._grammar)
        body = integers(bounds) if kind == "integer" else decimals(bounds)
        if body is None:
            raise self._error("no number lies between the bounds", path)
        return body

    def _bounds(self, schema: Schema, path: Path) -> Bounds:
        numbers: dict[str, Decimal] = {}
        for name in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"):
            if name in schema:
                value = schema[name]
                if not isinstance(value, (int, float)) or isinstance(value, bool):
                    raise self._error("expected a number", (*path, name))
                numbers[name] = Decimal(str(value))
        low, high = numbers.get("minimum"), numbers.get("maximum")
        above, below = numbers.get("exclusiveMinimum"), numbers.get("exclusiveMaximum")
        low_exclusive = above is not None and (low is None or above >= low)
        high_exclusive = below is not None and (high is None or below <= high)
        return Bounds(
            above if low_exclusive else low, below if high_exclusive else high, low_exclusive, high_exclusive
        )

    def _count(self, schema: Schema, word: str, path: Path) -> int | None:
        count = schema.get(word)
        if count is None and word not in schema:
            return None
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= 1_000_000:
            raise self._error("expected a whole number from 0 to 1000000", (*path, word))
        return count

    def _schemas(self, parts: Any, path: Path) -> list[Schema]:
        parts = self._expect(parts, list, path, "an array of schemas")
        if not parts or not all(isinstance(part, dict) for part in parts):
            raise self._error("expected an array of schemas", path)
        return list(parts)

    def _merge(self, schemas: list[Schema], path: Path) -> Schema:
        try:
            return merged(schemas)
        except ValueError as error:
            raise self._error(f"{error} can't be combined from several schemas", (*path, str(error))) from error

    def _expect(self, value: Any, kind: type[T], path: Path, expected: str) -> T:
        if not isinstance(value, kind):
            raise self._error(f"expected {expected}", path)
        return value

    def _error(self, message: str, path: Path) -> UnsupportedSchema:
        return UnsupportedSchema(message, subject(path, self._tool))


def subject(path: Path, tool: str | None) -> AnswerSchema | ToolSchema:
    """That keyword of the tool's schema, or of the answer's."""
    return AnswerSchema(path) if tool is None else ToolSchema(tool, path)
