"""GBNF, llama.cpp's grammar language (`grammars/README.md` in its repository)."""

import re
from collections.abc import Callable, Iterable

from puna.engines.llama.markup import overlap

MOST_REPETITIONS = 1000
"""llama.cpp takes `{m,n}` up to 2000 and drops a larger n without a word: larger counts are made of thousands."""

Ranges = list[tuple[int, int]]
"""A set of characters: code points from … to, both included."""


class Grammar:
    """Named rules. The same body gets the same name, so that what repeats is written once."""

    def __init__(self) -> None:
        self._rules: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._once: dict[str, str] = {}

    def add(self, hint: str, body: str) -> str:
        """The name of a rule with that body."""
        if body not in self._names:
            name = self.reserve(hint)
            self._names[body] = name
            self._rules[name] = body
        return self._names[body]

    def reserve(self, hint: str) -> str:
        """A free name, for a rule that refers to itself and is defined afterwards."""
        stem = re.sub(r"[^a-zA-Z0-9]+", "-", hint).strip("-") or "rule"
        name, count = stem, 1
        while name in self._rules:
            count += 1
            name = f"{stem}-{count}"
        self._rules[name] = ""
        return name

    def define(self, name: str, body: str) -> None:
        self._rules[name] = body

    def once(self, key: str, body: Callable[[], str]) -> str:
        """The rule of that key, defined when it is first asked for. Its body may ask for it again."""
        if key not in self._once:
            name = self._once[key] = self.reserve(key)
            self._rules[name] = body()
        return self._once[key]

    def text(self) -> str:
        """The grammar's source."""
        return "".join(f"{name} ::= {body}\n" for name, body in self._rules.items())

    def repeat(self, rule: str, low: int, high: int | None) -> str:
        """A rule's name, repeated `low` to `high` times; None means without end."""
        if high is None:
            return f"{self._exactly(rule, low)} {rule}*".strip()
        more = high - low
        thousands, rest = divmod(more, MOST_REPETITIONS)
        if thousands:
            block = self._block(rule)
            shorter = f"{block}{{0,{thousands - 1}}} {rule}{{0,{MOST_REPETITIONS - 1}}}"
            optional = f"({shorter} | {block}{{{thousands}}} {rule}{{0,{rest}}})"
        else:
            optional = f"{rule}{{0,{more}}}" if more else ""
        return f"{self._exactly(rule, low)} {optional}".strip()

    def _exactly(self, rule: str, count: int) -> str:
        thousands, rest = divmod(count, MOST_REPETITIONS)
        blocks = f"{self._block(rule)}{{{thousands}}}" if thousands else ""
        return f"{blocks} {f'{rule}{{{rest}}}' if rest else ''}".strip()

    def _block(self, rule: str) -> str:
        return self.add(f"{rule}-thousand", f"{rule}{{{MOST_REPETITIONS}}}")


def literal(text: str) -> str:
    """The text itself."""
    return '"' + "".join(escape(ord(character)) for character in text) + '"'


def characters(ranges: Ranges, *, negated: bool = False) -> str:
    """One character of the set, or one that is not of it."""
    body = "".join(escape(low) if low == high else f"{escape(low)}-{escape(high)}" for low, high in ranges)
    return f"[{'^' if negated else ''}{body}]"


def escape(code: int) -> str:
    """A character where GBNF would otherwise read a sign of its own."""
    character = chr(code)
    if character.isascii() and (character.isalnum() or character in " _,:;{}()<>|/.=+*?!@#$%&~`'"):
        return character
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


def choice(alternatives: Iterable[str]) -> str:
    """One of the alternatives."""
    return "(" + " | ".join(alternatives) + ")"


def until(grammar: Grammar, hint: str, end: str, then: str, *, may_stop: bool) -> str:
    """The name of a rule: text up to the first `end`, then the rule `then`. With `may_stop` the text may also be
    all there is. One rule for each character of `end`, as in the Knuth-Morris-Pratt search."""
    names = [grammar.reserve(f"{hint}-{position}") for position in range(len(end))]
    for position, name in enumerate(names):
        steps = {character: overlap(end, end[:position] + character) for character in set(end)}
        known = {character: length for character, length in steps.items() if length}
        alternatives = [f"{characters([(ord(c), ord(c)) for c in sorted(known)], negated=True)} {names[0]}"]
        for character, length in sorted(known.items()):
            following = (
                f"{literal(character)} {names[length]}" if length < len(end) else f"{literal(character)} {then}"
            )
            alternatives.append(following)
        grammar.define(name, " | ".join([*alternatives, '""'] if may_stop else alternatives))
    return names[0]
