"""Regular expressions as Python writes them, read into a tree.

A tree says what may be written, which may be less than what the expression matches: of the letters that `\\w` stands
for in all the world's scripts, for example, only those of the most used ones are written.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from re import _constants as codes
from re import _parser as parser
from typing import Any

from puna.engines.llama.grammar.gbnf import Ranges
from puna.engines.llama.grammar.patterns import LAST, UnsupportedPattern, complement, intersection

MOST_CASED = 2000
"""So many characters of a set are looked up in their other case; larger sets stay as they are."""


@dataclass(frozen=True, slots=True)
class Characters:
    """One character: `written` are those that may be written, `matched` (at least) all that fit."""

    written: tuple[tuple[int, int], ...]
    matched: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Concatenation:
    """One after the other; none at all is the empty text."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Alternation:
    """One of several."""

    options: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Repetition:
    """The same several times; `high` None means without end."""

    inner: "Expression"
    low: int
    high: int | None


Expression = Characters | Concatenation | Alternation | Repetition
EMPTY = Concatenation(())

ASCII_DIGIT: Ranges = [(0x30, 0x39)]
ASCII_WORD: Ranges = [(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)]
ASCII_SPACE: Ranges = [(0x09, 0x0D), (0x20, 0x20)]
LETTERS: Ranges = [
    (0xC0, 0xD6),
    (0xD8, 0xF6),
    (0xF8, 0x2C1),
    (0x391, 0x3A1),
    (0x3A3, 0x3F5),
    (0x400, 0x481),
    (0x48A, 0x52F),
    (0x561, 0x586),
    (0x5D0, 0x5EA),
    (0x620, 0x64A),
    (0x905, 0x939),
    (0xE01, 0xE30),
    (0x3041, 0x3096),
    (0x30A1, 0x30FA),
    (0x4E00, 0x9FEF),
    (0xAC00, 0xD7A3),
]
"""Of the scripts most written: blocks that are letters throughout."""
SPACE: Ranges = [
    *ASCII_SPACE,
    (0x1C, 0x1F),
    (0x85, 0x85),
    (0xA0, 0xA0),
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
]
WRITTEN = {"DIGIT": ASCII_DIGIT, "WORD": [*ASCII_WORD, *LETTERS], "SPACE": ASCII_SPACE}
"""Of each class what may be written."""
MATCHED = {"DIGIT": [*ASCII_DIGIT, (0x660, LAST)], "WORD": [*ASCII_WORD, (0x80, LAST)], "SPACE": SPACE}
"""Of each class everything that may fit."""
ASCII = {"DIGIT": ASCII_DIGIT, "WORD": ASCII_WORD, "SPACE": ASCII_SPACE}
LIKE_ASCII = {"i": (0x130, 0x131), "k": (0x212A,), "s": (0x17F,)}
"""Letters beyond ASCII that are some letter of ASCII where case does not matter."""

NAMES = {
    codes.ASSERT: "looking ahead or behind",
    codes.ASSERT_NOT: "looking ahead or behind",
    codes.GROUPREF: "a reference to a group",
    codes.GROUPREF_EXISTS: "a condition on a group",
    codes.ATOMIC_GROUP: "an atomic group",
    codes.POSSESSIVE_REPEAT: "a possessive quantifier",
    codes.MIN_REPEAT: "a lazy quantifier ('*?', '+?', '??')",
    codes.AT: "an anchor ('^', '$', '\\b') inside",
}


def read_expression(pattern: str, *, whole: bool = False) -> Expression:
    """The tree of an expression. `whole`: it describes the whole of a text, so anchors at its ends say nothing, and a
    lazy quantifier lets the same through as a greedy one.

    Raises:
        UnsupportedPattern: saying what of it.
    """
    try:
        parsed = parser.parse(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise UnsupportedPattern(str(error)) from error
    return Reader(whole).sequence(parsed, parsed.state.flags, starts=whole, ends=whole)


class Reader:
    """Reads what Python's own parser of expressions made of one."""

    def __init__(self, whole: bool) -> None:
        self._whole = whole

    def sequence(self, items: Sequence[Any], flags: int, *, starts: bool, ends: bool) -> Expression:
        """Items one after another. `starts` and `ends`: the text begins, ends here."""
        parts: list[Expression] = []
        anchors = [code is codes.AT for code, _ in items]
        for place, (code, value) in enumerate(items):
            first = starts and all(anchors[:place])
            last = ends and all(anchors[place + 1 :])
            if code is codes.AT and harmless(value, first, last):
                continue
            parts.append(self._item(code, value, flags, first, last))
        return parts[0] if len(parts) == 1 else Concatenation(tuple(parts))

    def _item(self, code: Any, value: Any, flags: int, starts: bool, ends: bool) -> Expression:
        if code in (codes.LITERAL, codes.NOT_LITERAL):
            return self._set([(codes.LITERAL, value)], flags, negated=code is codes.NOT_LITERAL)
        if code is codes.IN:
            negated = value[0][0] is codes.NEGATE
            return self._set(value[1:] if negated else value, flags, negated=negated)
        if code is codes.ANY:
            dot = complement([] if flags & re.DOTALL else [(0x0A, 0x0A)])
            return Characters(tuple(dot), tuple(dot))
        if code is codes.BRANCH:
            return Alternation(tuple(self.sequence(part, flags, starts=starts, ends=ends) for part in value[1]))
        if code is codes.SUBPATTERN:
            _, added, removed, inner = value
            return self.sequence(inner, (flags | added) & ~removed, starts=starts, ends=ends)
        if code is codes.MAX_REPEAT or (code is codes.MIN_REPEAT and self._whole):
            low, high, inner = value
            repeated = self.sequence(inner, flags, starts=False, ends=False)
            return Repetition(repeated, low, None if high is codes.MAXREPEAT else high)
        raise UnsupportedPattern(NAMES.get(code, str(code).lower()))

    def _set(self, items: Iterable[tuple[Any, Any]], flags: int, *, negated: bool) -> Characters:
        items = list(items)
        sure, possible = self._ranges(items, flags, sure=True), self._ranges(items, flags, sure=False)
        written, matched = (complement(possible), complement(sure)) if negated else (sure, possible)
        return Characters(tuple(written), tuple(matched))

    def _ranges(self, items: Iterable[tuple[Any, Any]], flags: int, *, sure: bool) -> Ranges:
        """What is in a set: with `sure` nothing that may not be, without everything that may be."""
        ranges: Ranges = []
        for code, value in items:
            if code is codes.CATEGORY:
                ranges += category(str(value).removeprefix("CATEGORY_"), flags, sure=sure)
            else:
                given = [(value, value)] if code is codes.LITERAL else [tuple(value)]
                ranges += in_both_cases(given, sure=sure) if flags & re.IGNORECASE else given
        return complement(complement(ranges))


def with_little_space(expression: Expression, most: int) -> Expression:
    """The expression, where white space that may go on without end ends after so many characters."""
    match expression:
        case Concatenation(parts):
            return Concatenation(tuple(with_little_space(part, most) for part in parts))
        case Alternation(options):
            return Alternation(tuple(with_little_space(option, most) for option in options))
        case Repetition(inner, low, high):
            blank = high is None and is_blank(inner)
            return Repetition(with_little_space(inner, most), low, max(low, most) if blank else high)
        case _:
            return expression


def is_blank(expression: Expression) -> bool:
    """Whether it is nothing but white space."""
    match expression:
        case Characters(written, _):
            return not intersection(list(written), complement(SPACE))
        case Concatenation(parts):
            return all(map(is_blank, parts))
        case Alternation(options):
            return all(map(is_blank, options))
        case Repetition(inner, _, _):
            return is_blank(inner)


def harmless(anchor: Any, starts: bool, ends: bool) -> bool:
    """Whether an anchor says only what is so anyway."""
    begins = anchor in (codes.AT_BEGINNING, codes.AT_BEGINNING_STRING)
    return (starts and begins) or (ends and anchor in (codes.AT_END, codes.AT_END_STRING))


def category(name: str, flags: int, *, sure: bool) -> Ranges:
    """A class such as `\\w` (WORD) or `\\W` (NOT_WORD)."""
    kind = name.removeprefix("NOT_")
    if flags & re.ASCII:
        return ASCII[kind] if kind == name else complement(ASCII[kind])
    if kind == name:
        return WRITTEN[kind] if sure else MATCHED[kind]
    return complement(MATCHED[kind] if sure else WRITTEN[kind])


def in_both_cases(ranges: Ranges, *, sure: bool) -> Ranges:
    """The ranges, with the other case of their letters. Raises UnsupportedPattern."""
    codes_of = [code for low, high in ranges for code in range(low, min(high, low + MOST_CASED) + 1)]
    found = set()
    for code in codes_of:
        character = chr(code)
        others = {character.lower(), character.upper()} - {character}
        found |= {ord(other) for other in others if len(other) == 1 and same_letter(character, other)}
        if not sure:
            found.update(LIKE_ASCII.get(character.lower(), ()))
    if not sure and any(high > 0x7F for _, high in ranges):
        # Which letters fold to one beyond ASCII is not worth a table: any may.
        return [*ranges, *((code, code) for code in found), (0x80, LAST)]
    return [*ranges, *((code, code) for code in found)]


def same_letter(character: str, other: str) -> bool:
    return re.fullmatch(re.escape(character), other, re.IGNORECASE) is not None
