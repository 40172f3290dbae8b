"""A JSON Schema as a document: its dialect, whether it is valid, and where its references lead."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urljoin

import jsonschema_rs

from puna.structured.keywords import Path, subschemas

DRAFTS: dict[str, Any] = {
    "http://json-schema.org/draft-04/schema": jsonschema_rs.Draft7Validator,
    "http://json-schema.org/draft-06/schema": jsonschema_rs.Draft6Validator,
    "http://json-schema.org/draft-07/schema": jsonschema_rs.Draft7Validator,
    "https://json-schema.org/draft/2019-09/schema": jsonschema_rs.Draft201909Validator,
    "https://json-schema.org/draft/2020-12/schema": jsonschema_rs.Draft202012Validator,
}
"""The drafts by their `$schema`. Draft 4 is read as draft 7, its `exclusiveMinimum: true` as a number."""
NEWEST = "https://json-schema.org/draft/2020-12/schema"
BEFORE_PREFIX_ITEMS = "http://json-schema.org/draft-07/schema"
TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
DEEPEST = 200
"""How deep a schema may nest."""


class SchemaError(Exception):
    """What is wrong with a schema, and where."""

    def __init__(self, message: str, path: Path = ()) -> None:
        super().__init__(message)
        self.message = message
        self.path = path


@dataclass(frozen=True, slots=True)
class Target:
    """What a reference leads to: a schema, where it stands, and the URI its own references start from."""

    schema: Any
    path: Path
    base: str


class Document:
    """A schema that was checked against its own rules.

    Raises:
        SchemaError: it is no valid JSON Schema.
    """

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.root: Any = in_numbers(given, 0)
        self.draft = draft_of(self.root)
        self._targets: dict[str, Target] = {}
        self._bases: dict[int, str] = {}
        try:
            jsonschema_rs.meta.validate({**self.root, "$schema": self.draft})
        except jsonschema_rs.ValidationError as error:
            path = tuple(map(str, error.instance_path))
            types = path and path[-1] == "type" and f"expected one or several of {', '.join(TYPES)}"
            raise SchemaError(types or sentence(error.message), path) from error
        self._index(self.root, (), "")

    def validator(self) -> Any:
        """What tells whether a value fits. Nothing is fetched for it.

        Raises SchemaError.
        """
        schema = {name: value for name, value in self.root.items() if name != "$schema"}
        try:
            return DRAFTS[self.draft](schema, validate_formats=True, retriever=nothing)
        except jsonschema_rs.ValidationError as error:
            path = tuple(map(str, error.instance_path))
            large = path and path[-1] == "pattern" and is_expression(error.instance)
            raise SchemaError("this pattern is too large" if large else sentence(error.message), path) from error

    def resolve(self, reference: str, base: str, path: Path) -> Target:
        """What a reference leads to, seen from that base. Raises SchemaError, naming that path."""
        document, _, fragment = absolute(base, reference).partition("#")
        target = self._targets.get(document)
        if target and (not fragment or fragment.startswith("/")):
            return self._follow(target, fragment, reference, path)
        if anchored := self._targets.get(f"{document}#{fragment}"):
            return anchored
        if document == self.draft:
            return Target({}, (), document)
        reason = f"there is no {reference}" if target else "only references within the same schema are supported"
        raise SchemaError(reason, path)

    def base_of(self, schema: Any, base: str) -> str:
        """The URI that references inside of a schema start from, which stands where they start from `base`."""
        return self._bases.get(id(schema), base)

    def _follow(self, target: Target, pointer: str, reference: str, path: Path) -> Target:
        schema, base = target.schema, target.base
        steps = [unquote(step).replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
        for step in steps:
            try:
                schema = schema[int(step)] if isinstance(schema, list) else schema[step]
            except (KeyError, IndexError, ValueError, TypeError):
                raise SchemaError(f"there is no {reference}", path) from None
            base = self.base_of(schema, base)
        if not isinstance(schema, (dict, bool)):
            raise SchemaError(f"{reference} is not a schema", path)
        return Target(schema, (*target.path, *steps), base)

    def _index(self, schema: Any, path: Path, base: str) -> None:
        if not isinstance(schema, dict):
            return
        if isinstance(name := schema.get("$id"), str) and ("$ref" not in schema or self.draft == NEWEST):
            base = absolute(base, name)
            self._targets[base.partition("#")[0] if base.endswith("#") else base] = Target(schema, path, base)
        if not path:
            self._targets.setdefault("", Target(schema, path, base))
            self._targets.setdefault(base, Target(schema, path, base))
        self._bases[id(schema)] = base
        for word in ("$anchor", "$dynamicAnchor"):
            if isinstance(anchor := schema.get(word), str):
                self._targets[f"{base.partition('#')[0]}#{anchor}"] = Target(schema, path, base)
        for inner, part in subschemas(schema, path):
            self._index(part, inner, base)


def absolute(base: str, reference: str) -> str:
    """The URI that a reference names, seen from a base."""
    if reference.startswith("#"):
        return base.partition("#")[0] + reference
    return urljoin(base, reference)


def nothing(uri: str) -> Any:
    """In place of what would fetch a schema from elsewhere."""
    raise ValueError(f"{uri} is not fetched")


def is_expression(pattern: Any) -> bool:
    """Whether Python reads a regular expression."""
    try:
        return bool(re.compile(pattern))
    except (re.error, OverflowError, TypeError, RecursionError):
        return False


def draft_of(root: Mapping[str, Any]) -> str:
    """The draft that a schema names, else the one whose words it uses."""
    named = str(root.get("$schema", "")).rstrip("#")
    if named in DRAFTS:
        return BEFORE_PREFIX_ITEMS if named.endswith("draft-04/schema") else named
    return BEFORE_PREFIX_ITEMS if lists_items(root) else NEWEST


def lists_items(schema: Any) -> bool:
    """Whether `items` is a list somewhere, as it was before draft 2020-12."""
    if isinstance(schema, dict) and isinstance(schema.get("items"), list):
        return True
    return any(lists_items(part) for _, part in subschemas(schema))


def in_numbers(value: Any, depth: int) -> Any:
    """A copy in which no `exclusiveMinimum: true` of draft 4 stands. Raises SchemaError where it nests too deep."""
    if depth > DEEPEST * 2:
        raise SchemaError(f"it nests deeper than {DEEPEST} levels")
    if isinstance(value, list):
        return [in_numbers(part, depth + 1) for part in value]
    if not isinstance(value, dict):
        return value
    result = {name: in_numbers(part, depth + 1) for name, part in value.items()}
    for word, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(result.get(word), bool) and not isinstance(result.get(bound), dict):
            exclusive = result.pop(word)
            if exclusive and bound in result:
                result[word] = result.pop(bound)
    return result


def sentence(message: str) -> str:
    """A validator's message, short enough to be shown."""
    return message if len(message) <= 200 else message[:197] + "..."
