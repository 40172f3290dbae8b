"""Schemas for a llama-server without llguidance, which makes a grammar of its own of them, in its only loop.

Such grammars cost much where something is counted or repeated, and what that server does not know it refuses. So it
gets what is cheap to hold; whatever it makes is checked and made again.
"""

import re
from collections.abc import Mapping
from typing import Any

from puna.engines.llama.grammar.formats import FORMATS

AS_THEY_ARE = ("type", "required", "$ref")
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
COUNTS = ("minItems", "maxItems", "minLength", "maxLength")
MOST_COUNTED = 64
FARTHEST = 2**53
MOST_MEMBERS = {"enum": 256, "properties": 256, "anyOf": 32}
LONGEST_PATTERN = 64
COUNTED = re.compile(r"\{(\d*),?(\d*)\}")
NAMED = {FORMATS[name]: name for name in ("date", "time", "date-time", "uuid")}
"""The formats that every llama-server knows, by their patterns."""


def plain(schema: Any) -> Any:
    """What a relaxed schema says that is cheap to hold."""
    if not isinstance(schema, Mapping):
        return schema or {"const": None}  # nothing fits `false`, and llama-server does not know it
    if any(len(schema.get(word, ())) > most for word, most in MOST_MEMBERS.items()):
        return {word: schema[word] for word in ("type", "$defs") if word in schema}
    result = {word: schema[word] for word in AS_THEY_ARE if word in schema}
    result |= {word: schema[word] for word in BOUNDS if word in schema and abs(schema[word]) < FARTHEST}
    result |= {word: schema[word] for word in COUNTS if 0 < schema.get(word, 0) <= MOST_COUNTED}
    if constants := [value for value in schema.get("enum", ()) if not is_far(value)]:
        result["enum"] = constants
    if (pattern := schema.get("pattern")) in NAMED:
        result["format"] = NAMED[pattern]
    elif pattern and is_simple(pattern):
        result["pattern"] = pattern
    for word in ("properties", "$defs"):
        if word in schema:
            result[word] = {name: plain(part) for name, part in schema[word].items()}
    for word in ("anyOf", "allOf", "prefixItems"):
        if word in schema:
            result[word] = [plain(part) for part in schema[word] if part is not False]
    if isinstance(schema.get("items"), Mapping):
        result["items"] = plain(schema["items"])
    if "additionalProperties" in schema:
        others = schema["additionalProperties"]
        result["additionalProperties"] = others if isinstance(others, bool) else plain(others)
    return result


def is_far(value: Any) -> bool:
    """Whether a constant is an integer that the engine can't be told."""
    return isinstance(value, int) and abs(value) >= FARTHEST


def is_simple(pattern: str) -> bool:
    """Whether a pattern is short, and repeats nothing often, nor anything that repeats something."""
    counts = (int(count) for pair in COUNTED.findall(pattern) for count in pair if count)
    return "(" not in pattern and len(pattern) <= LONGEST_PATTERN and all(count <= MOST_COUNTED for count in counts)
