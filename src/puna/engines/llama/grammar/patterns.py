"""Regular expressions of JSON Schema, without what no automaton can hold."""

import re

NO_AUTOMATON = re.compile(r"\\[bBc1-9]|\\k<")
MISREAD = re.compile(r'"|\\\\|\\(?:x|u00)(?:22|5[cC])')
"""llguidance mistakes quotation marks and backslashes in expressions for strings."""
QUANTIFIERS = ("?", "*", "+", "{")
LOOK_AROUND = ("(?=", "(?!", "(?<=", "(?<!")


def without_look_around(pattern: str) -> str:
    """The pattern without looking ahead and behind, which matches at least as much; empty where nothing is left."""
    result, position = "", 0
    while position < len(pattern):
        if pattern.startswith(LOOK_AROUND, position):
            position = end_of_group(pattern, position)
            if pattern[position : position + 1] in QUANTIFIERS:
                return ""
            continue
        step = 2 if pattern[position] == "\\" else len(character_class(pattern, position))
        result += pattern[position : position + step]
        position += step
    result = re.sub(r"^\^\^+", "^", result)
    return "" if MISREAD.search(result) or NO_AUTOMATON.search(result) or result in ("^", "$") else result


def conjuncts(pattern: str) -> list[str]:
    """The patterns that all have to match, where one looks ahead from its beginning, as those of passwords do; else
    the pattern itself."""
    position, found = 1, []
    while pattern.startswith("^") and pattern.startswith("(?=", position):
        end = end_of_group(pattern, position)
        found.append(f"^(?:{pattern[position + len('(?=') : end - 1]})")
        position = end
    if not found or has_alternatives(pattern) or pattern[position : position + 1] in QUANTIFIERS:
        return [pattern]
    return [*found, f"^{pattern[position:]}"]


def has_alternatives(pattern: str) -> bool:
    """Whether a pattern is several, with `|` between them."""
    position = 0
    while position < len(pattern):
        if pattern[position] == "|":
            return True
        if pattern[position] == "(":
            position = end_of_group(pattern, position)
        elif pattern[position] == "\\":
            position += 2
        else:
            position += len(character_class(pattern, position))
    return False


def end_of_group(pattern: str, start: int) -> int:
    """The place behind the parenthesis that closes a group."""
    depth, position = 0, start
    while position < len(pattern):
        character = pattern[position]
        if character == "\\":
            position += 2
            continue
        if character == "[":
            position += len(character_class(pattern, position))
            continue
        depth += {"(": 1, ")": -1}.get(character, 0)
        position += 1
        if depth == 0:
            return position
    return len(pattern)


def character_class(pattern: str, start: int) -> str:
    """The character class that begins there, or the one character."""
    if pattern[start] != "[":
        return pattern[start]
    position = start + 1
    while position < len(pattern) and (pattern[position] != "]" or position == start + 1):
        position += 2 if pattern[position] == "\\" else 1
    return pattern[start : position + 1]
