"""Objects and arrays of known members, as GBNF."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from puna.engines.llama.grammar.gbnf import Grammar, characters, literal
from puna.engines.llama.grammar.values import colon, comma


@dataclass(frozen=True, slots=True)
class Property:
    """A member of an object, whose value is the rule `value`."""

    name: str
    value: str
    required: bool


def object_rule(grammar: Grammar, properties: Sequence[Property], others: str | None) -> str:
    """An object with these properties in this order, then any others with values of the rule `others`."""
    between = comma(grammar)
    more = first = ""
    if others is not None:
        pair = grammar.add("other", f"{other_key(grammar, properties)} {colon(grammar)} {others}")
        more = grammar.add("others", f"({between} {pair})*")
        first = grammar.add("first-others", f"({pair} {more})?")
    for item in reversed(properties):
        pair = grammar.add(
            item.name, f"{literal(json.dumps(item.name, ensure_ascii=False))} {colon(grammar)} {item.value}"
        )
        with_pair = f"{pair} {more}".strip()
        if item.required:
            first = grammar.add("first", with_pair)
            more = grammar.add("more", f"{between} {with_pair}")
        else:
            first = grammar.add("first", " | ".join([with_pair, first or '""']))
            more = grammar.add("more", f"({between} {pair})? {more}".strip())
    return grammar.add("object", f'"{{" {first} "}}"')


def other_key(grammar: Grammar, properties: Sequence[Property]) -> str:
    """A key that is none of the properties' names; without escapes, which could spell one of them."""
    names = {item.name for item in properties}
    plain = r'[^"\\\x00-\x1F\x7F]'
    return rf'"\"" {key_rest(grammar, names, plain)} "\""'


def key_rest(grammar: Grammar, endings: set[str], plain: str) -> str:
    """The rule of a text that is none of these."""
    beginnings = sorted({ending[0] for ending in endings if ending} - {'"', "\\"})
    taken = "".join(characters([(ord(letter), ord(letter))])[1:-1] for letter in beginnings)
    alternatives = [f"{plain[:-1]}{taken}] {plain}*"]
    for letter in beginnings:
        rest = {ending[1:] for ending in endings if ending[:1] == letter}
        alternatives.append(f"{literal(letter)} {key_rest(grammar, rest, plain)}")
    if "" not in endings:
        alternatives.append('""')
    return grammar.add("key", " | ".join(alternatives))


def array_rule(grammar: Grammar, first: Sequence[str], rest: str | None, low: int, high: int | None) -> str:
    """An array of `low` to `high` items: each of `first` in its place, then any number of `rest`."""
    between = comma(grammar)
    first = first if high is None else first[:high]
    tail = ""
    if rest is not None and (high is None or high > len(first)):
        item = grammar.add("item", f"{between} {rest}" if first else rest)
        tail = items(grammar, item, between, rest, max(0, low - len(first)), high and high - len(first), bool(first))
    for position, value in reversed(list(enumerate(first))):
        item = f"{between} {value}" if position else value
        tail = f"{item} {tail}".strip() if position < low else f"({item} {tail})?" if tail else f"({item})?"
    return grammar.add("array", f'"[" {tail} "]"')


def items(grammar: Grammar, item: str, between: str, rest: str, low: int, high: int | None, following: bool) -> str:
    """`low` to `high` items; `following` says that something stands before them, so that each has its comma."""
    if following:
        return grammar.repeat(item, low, high)
    more = grammar.add("item", f"{between} {rest}")
    several = f"{rest} {grammar.repeat(more, max(0, low - 1), None if high is None else high - 1)}".strip()
    return several if low else f"({several})?"
