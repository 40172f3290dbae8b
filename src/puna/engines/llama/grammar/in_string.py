"""Regular expressions for a text inside of a JSON string, where some characters stand by an escape."""

import json
import re
from collections.abc import Sequence
from re import _constants as codes
from re import _parser as parser
from typing import Any

Items = Sequence[tuple[Any, Any]]

ESCAPED = [*(chr(code) for code in range(32)), '"', "\\"]
"""The characters that stand in a JSON string by an escape only."""
PLAIN = r'[^"\\\x00-\x1F\x7F]'
CATEGORIES = {
    codes.CATEGORY_DIGIT: "0-9",
    codes.CATEGORY_SPACE: r"\s",
    codes.CATEGORY_WORD: r"\p{L}\p{N}_",
    codes.CATEGORY_NOT_DIGIT: r"^0-9",
    codes.CATEGORY_NOT_SPACE: r"\S",
    codes.CATEGORY_NOT_WORD: r"^\p{L}\p{N}_",
}

ANCHORS = (
    [(codes.AT, codes.AT_BEGINNING), (codes.AT, codes.AT_BEGINNING_STRING)],
    [(codes.AT, codes.AT_END), (codes.AT, codes.AT_END_STRING)],
)
"""What says at the beginning and at the end that it is one."""

ASCII = {
    codes.CATEGORY_DIGIT: r"\d",
    codes.CATEGORY_SPACE: r"\s",
    codes.CATEGORY_WORD: r"\w",
    codes.CATEGORY_NOT_DIGIT: r"\D",
    codes.CATEGORY_NOT_SPACE: r"\S",
    codes.CATEGORY_NOT_WORD: r"\W",
}
"""The same for Python."""


NO_AUTOMATON = {
    codes.ASSERT: "looking ahead or behind",
    codes.ASSERT_NOT: "looking ahead or behind",
    codes.AT: "an anchor inside",
    codes.GROUPREF: "a reference to a group",
    codes.GROUPREF_EXISTS: "a condition on a group",
    codes.ATOMIC_GROUP: "an atomic group",
    codes.POSSESSIVE_REPEAT: "a possessive quantifier",
}
"""What of Python's expressions can't be held."""


class TextError(Exception):
    """What of a form of texts can't be held."""


class InString:
    """A regular expression, read by Python's own parser, and written for llguidance.

    Raises:
        TextError: it is none, or has what no automaton can hold.
    """

    def __init__(self, source: str) -> None:
        try:
            tree = parser.parse(source)
        except (re.error, OverflowError, RecursionError) as error:
            raise TextError(f"/{source}/: {error}") from error
        self._items = list(tree)
        while self._items and self._items[0] in ANCHORS[0]:
            self._items.pop(0)
        while self._items and self._items[-1] in ANCHORS[1]:
            self._items.pop()
        self._flags: int = tree.state.flags
        self.may_be_empty = re.fullmatch(source, "") is not None
        self.escapes = False
        """Whether a character that may have to be escaped is one of several possible ones."""
        self.lexeme = Lexeme(self).sequence(self._items, self._flags)
        """It as one expression."""
        self.alone = Alone(self).sequence(self._items, self._flags)
        """The same for a text that is in no JSON string."""

    def rule(self) -> str:
        """It as a rule of expressions for one character each."""
        return Rule(self).sequence(self._items, self._flags)


class Lexeme:
    """Writes an expression as an expression."""

    group, bar, space = "(?:{})", "|", ""

    def __init__(self, whole: InString) -> None:
        self._whole = whole

    def character(self, written: str, *, folded: bool) -> str:
        """One character as it stands in a JSON string."""
        source = re.escape(written).replace("/", r"\/")
        return f"(?i:{source})" if folded else source

    def spelled(self, character: str) -> str:
        """The character as a JSON string has it."""
        return json.dumps(character, ensure_ascii=False)[1:-1]

    def one_of(self, plain: str, escapes: Sequence[str], *, folded: bool) -> str:
        """A character of a set, or an escape."""
        plain = f"(?i:{plain})" if folded else plain
        return f"(?:{'|'.join([plain, *map(re.escape, escapes)])})"

    def sequence(self, items: Items, flags: int) -> str:
        return self.space.join(filter(None, (self._piece(operator, value, flags) for operator, value in items)))

    def _piece(self, operator: Any, value: Any, flags: int) -> str:
        """One part of what Python's parser has read."""
        match operator:
            case codes.LITERAL:
                return self.character(
                    self.spelled(chr(value)), folded=bool(flags & re.IGNORECASE) and chr(value).isalpha()
                )
            case codes.NOT_LITERAL:
                return self._set([(codes.NEGATE, None), (codes.LITERAL, value)], flags)
            case codes.ANY:
                return self._set([(codes.NEGATE, None), *([] if flags & re.DOTALL else [(codes.LITERAL, 10)])], flags)
            case codes.IN:
                return self._set(value, flags)
            case codes.BRANCH:
                parts = [self.sequence(part, flags) for part in value[1]]
                return self.group.format(self.bar.join(parts))
            case codes.SUBPATTERN:
                _, added, removed, inner = value
                return self.group.format(self.sequence(inner, (flags | added) & ~removed))
            case codes.MAX_REPEAT | codes.MIN_REPEAT:
                low, high, inner = value
                return self.group.format(self.sequence(inner, flags)) + repeated(low, high)
            case _:
                raise TextError(NO_AUTOMATON.get(operator, str(operator).lower()))

    def _set(self, items: Items, flags: int) -> str:
        negated = bool(items) and items[0][0] == codes.NEGATE
        members = "".join(member(item, flags) for item in items[negated:])
        plain = f"[{PLAIN}&&[{'^' if negated else ''}{members}]]" if members else PLAIN
        escapes = [json.dumps(character)[1:-1] for character in ESCAPED if belongs(character, items)]
        self._whole.escapes |= bool(escapes)
        return self.one_of(plain, escapes, folded=bool(flags & re.IGNORECASE))


class Alone(Lexeme):
    """Writes an expression for a text that stands by itself: no character has to be escaped."""

    def spelled(self, character: str) -> str:
        return character

    def _set(self, items: Items, flags: int) -> str:
        negated = bool(items) and items[0][0] == codes.NEGATE
        members = "".join(member(item, flags) for item in items[negated:])
        plain = f"[{'^' if negated else ''}{members}]" if members else "(?s:.)"
        return f"(?i:{plain})" if flags & re.IGNORECASE else plain


class Rule(Lexeme):
    """Writes an expression as a rule of expressions for one character each, so that none goes on into another."""

    group, bar, space = "({})", " | ", " "

    def character(self, written: str, *, folded: bool) -> str:
        return f"/(?i:{re.escape(written)})/" if folded else json.dumps(written, ensure_ascii=False)

    def one_of(self, plain: str, escapes: Sequence[str], *, folded: bool) -> str:
        plain = f"/(?i:{plain})/" if folded else f"/{plain}/"
        return f"({plain} | /{'|'.join(map(re.escape, escapes))}/)" if escapes else plain

    def sequence(self, items: Items, flags: int) -> str:
        return super().sequence(items, flags) or '""'


def repeated(low: int, high: Any) -> str:
    """A quantifier."""
    known = {(0, 1): "?", (0, codes.MAXREPEAT): "*", (1, codes.MAXREPEAT): "+"}
    return known.get((low, high), f"{{{low},{'' if high == codes.MAXREPEAT else high}}}")


def member(item: tuple[Any, Any], flags: int) -> str:
    operator, value = item
    match operator:
        case codes.LITERAL:
            return rf"\x{{{value:X}}}"
        case codes.RANGE:
            return rf"\x{{{value[0]:X}}}-\x{{{value[1]:X}}}"
        case _:
            return f"[{CATEGORIES[value]}]" if not flags & re.ASCII else f"[[:ascii:]&&[{CATEGORIES[value]}]]"


def belongs(character: str, items: Items) -> bool:
    """Whether a set has a character; none that has to be escaped has a case."""
    negated = bool(items) and items[0][0] == codes.NEGATE
    inside = any(holds(character, item) for item in items[negated:])
    return inside != negated


def holds(character: str, item: tuple[Any, Any]) -> bool:
    operator, value = item
    match operator:
        case codes.LITERAL:
            return bool(ord(character) == value)
        case codes.RANGE:
            return bool(value[0] <= ord(character) <= value[1])
        case _:
            return re.match(ASCII[value], character) is not None
