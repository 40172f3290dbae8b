"""The terminals of a grammar: texts that are cut out of a longer one, each as long as it can be."""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import product

from puna.engines.llama.grammar.expressions import (
    EMPTY,
    Alternation,
    Characters,
    Concatenation,
    Expression,
    Repetition,
)
from puna.engines.llama.grammar.gbnf import Grammar, Ranges, choice, literal
from puna.engines.llama.grammar.patterns import UnsupportedPattern, complement, intersection, json_characters

Set = tuple[tuple[int, int], ...]
"""A set of characters that can be a key."""
MOST_COPIES = 64
"""A part that is repeated up to so often is looked at as often; one that is repeated more, as if without end."""
MOST_PAIRS = 50_000


class Lexeme:
    """What one terminal matches."""

    def __init__(self, expression: Expression) -> None:
        self._expression = expression
        self.nullable = nullable(expression)

    @cached_property
    def first(self) -> Set:
        """The characters it may begin with."""
        return normal(first(self._expression))

    @cached_property
    def longer(self) -> Set:
        """The characters that may go on with it where it might have ended. What follows must not begin with one: a
        lexer would take it for a part of this terminal."""
        return Positions(self._expression).longer()

    def body(self, grammar: Grammar, without: Set) -> str:
        """It as GBNF inside of a JSON string, not empty, and not beginning with one of those characters."""
        if not without and not self.nullable:
            return written(grammar, self._expression)
        return choice(beginnings(grammar, self._expression, without))


def nullable(expression: Expression) -> bool:
    match expression:
        case Characters():
            return False
        case Concatenation(parts):
            return all(map(nullable, parts))
        case Alternation(options):
            return any(map(nullable, options))
        case Repetition(inner, low, _):
            return low == 0 or nullable(inner)


def first(expression: Expression) -> Ranges:
    """The characters that may be written first."""
    match expression:
        case Characters(ranges, _):
            return list(ranges)
        case Concatenation(parts):
            return [range_ for part, _ in leading(parts) for range_ in first(part)]
        case Alternation(options):
            return [range_ for option in options for range_ in first(option)]
        case Repetition(inner, _, high):
            return [] if high == 0 else first(inner)


def leading(parts: Sequence[Expression]) -> Iterator[tuple[Expression, Concatenation]]:
    """The parts that what is not empty may begin with, each with those after it."""
    for place, part in enumerate(parts):
        yield part, Concatenation(tuple(parts[place + 1 :]))
        if not nullable(part):
            return


def written(grammar: Grammar, expression: Expression) -> str:
    """All of it."""
    match expression:
        case Characters(ranges, _):
            return one_of(list(ranges))
        case Concatenation(parts):
            return " ".join(written_run(grammar, run) for run in runs(parts)) or '""'
        case Alternation(options):
            return choice(dict.fromkeys(written(grammar, option) for option in options))
        case Repetition(inner, low, high):
            return grammar.repeat(grammar.add("expression", written(grammar, inner)), low, high) or '""'


def runs(parts: Sequence[Expression]) -> list[list[Expression]]:
    """The parts, with those together that are each one certain character."""
    found: list[list[Expression]] = []
    for part in parts:
        if found and certain(part) and certain(found[-1][0]):
            found[-1].append(part)
        else:
            found.append([part])
    return found


def written_run(grammar: Grammar, run: Sequence[Expression]) -> str:
    if len(run) == 1:
        return written(grammar, run[0])
    return inside("".join(chr(part.written[0][0]) for part in run if isinstance(part, Characters)))


def certain(expression: Expression) -> bool:
    """Whether it is one certain character."""
    return isinstance(expression, Characters) and is_one(expression.written)


def is_one(ranges: Sequence[tuple[int, int]]) -> bool:
    return len(ranges) == 1 and ranges[0][0] == ranges[0][1]


def one_of(ranges: Ranges) -> str:
    """One character of a set."""
    return inside(chr(ranges[0][0])) if is_one(ranges) else json_characters(ranges)


def inside(text: str) -> str:
    """A text as it stands inside of a JSON string."""
    return literal(json.dumps(text, ensure_ascii=False)[1:-1])


def beginnings(grammar: Grammar, expression: Expression, without: Set) -> list[str]:
    """Alternatives that begin with none of those characters."""
    match expression:
        case Characters(ranges, _):
            allowed = intersection(list(ranges), complement(list(without)))
            return [one_of(allowed)] if allowed else []
        case Concatenation(parts):
            return [
                f"{head} {written(grammar, rest)}" if rest != EMPTY else head
                for part, rest in leading(parts)
                for head in beginnings(grammar, part, without)
            ]
        case Alternation(options):
            return [head for option in options for head in beginnings(grammar, option, without)]
        case Repetition(inner, low, high):
            more = Repetition(inner, max(low - 1, 0), None if high is None else high - 1)
            heads = [] if high == 0 else beginnings(grammar, inner, without)
            return [f"{head} {written(grammar, more)}" if high != 1 else head for head in heads]


class Positions:
    """The places of an expression where it has a character (Glushkov's automaton), and which may follow which."""

    def __init__(self, expression: Expression) -> None:
        self._sets: list[Ranges] = []
        self._follow: list[set[int]] = []
        self._first, self._last = self._add(expression)

    def longer(self) -> Set:
        """The characters after which a text that matches would match on: two ways to read the same text are followed
        side by side, and where one may end, the other may go on."""
        seen: set[tuple[int, int]] = set()
        found: set[int] = set()
        waiting = self._together(self._first, self._first)
        while waiting:
            pair = waiting.pop()
            if pair in seen:
                continue
            seen.add(pair)
            if len(seen) > MOST_PAIRS:
                raise UnsupportedPattern("it is too large")
            one, other = pair
            if one in self._last:
                found |= self._follow[other]
            waiting += self._together(self._follow[one], self._follow[other])
        return normal(range_ for place in found for range_ in self._sets[place])

    def _together(self, left: Iterable[int], right: Iterable[int]) -> list[tuple[int, int]]:
        """The pairs of places that one character may be at."""
        return [
            (one, other)
            for one, other in product(left, right)
            if one == other or intersection(self._sets[one], self._sets[other])
        ]

    def _add(self, expression: Expression) -> tuple[set[int], set[int]]:
        """The first and the last places of a part."""
        match expression:
            case Characters(_, matched):
                self._sets.append(list(matched))
                self._follow.append(set())
                return {len(self._sets) - 1}, {len(self._sets) - 1}
            case Alternation(options):
                ends = [self._add(option) for option in options]
                return set().union(*(one for one, _ in ends)), set().union(*(other for _, other in ends))
            case Concatenation(parts):
                return self._add_in_turn((part, nullable(part)) for part in parts)
            case Repetition(inner, low, high):
                return self._add_repeated(inner, low, high)

    def _add_in_turn(self, parts: Iterable[tuple[Expression, bool]]) -> tuple[set[int], set[int]]:
        begin: set[int] = set()
        end: set[int] = set()
        empty = True
        for part, may_be_empty in parts:
            firsts, lasts = self._add(part)
            for place in end:
                self._follow[place] |= firsts
            begin |= firsts if empty else set()
            end = lasts | end if may_be_empty else lasts
            empty = empty and may_be_empty
        return begin, end

    def _add_repeated(self, inner: Expression, low: int, high: int | None) -> tuple[set[int], set[int]]:
        if high is not None and high <= MOST_COPIES:
            return self._add_in_turn((inner, nullable(inner) or count >= low) for count in range(high))
        copies = low if low <= MOST_COPIES else 1
        ends = self._add_in_turn((inner, nullable(inner)) for _ in range(copies - 1)) if copies > 1 else None
        firsts, lasts = self._add(inner)
        for place in lasts:
            self._follow[place] |= firsts
        if ends is None:
            return firsts, lasts
        for place in ends[1]:
            self._follow[place] |= firsts
        return ends[0] | (firsts if nullable(inner) else set()), lasts | (ends[1] if nullable(inner) else set())


def normal(ranges: Iterable[tuple[int, int]]) -> Set:
    """The set, with ranges in order and none touching another."""
    return tuple(complement(complement(list(ranges))))
