"""Rules as GBNF, which has no left recursion: a rule that begins with itself would never begin.

Where rules begin with one another in a circle, each is written from what it begins with at the bottom of the circle,
followed by what stands there on the way up (the left-corner transform).
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

from puna.engines.llama.grammar.gbnf import Grammar

Symbol = TypeVar("Symbol", bound=Hashable)
Production = tuple[Symbol, ...]
"""Symbols in a row, none of them empty."""
Circle = dict[Symbol, None]
"""A set of symbols in the order of their productions, so that a grammar has one text in every process."""


def write_rules(
    grammar: Grammar,
    root: Symbol,
    productions: Mapping[Symbol, Sequence[Production[Symbol]]],
    leaf: Callable[[Symbol], str],
    hint: Callable[[Symbol], str],
) -> str:
    """The name of the root's rule. A symbol without productions is a `leaf`, which says the name of its rule."""
    return Writer(grammar, productions, leaf, hint).write(root)


class Writer(Generic[Symbol]):
    """Writes the rules that are asked for, and those they ask for."""

    def __init__(
        self,
        grammar: Grammar,
        productions: Mapping[Symbol, Sequence[Production[Symbol]]],
        leaf: Callable[[Symbol], str],
        hint: Callable[[Symbol], str],
    ) -> None:
        self._grammar = grammar
        self._productions = productions
        self._leaf = leaf
        self._hint = hint
        self._circles = circles(productions)
        self._names: dict[Symbol | tuple[Symbol, Symbol], str] = {}
        self._waiting: list[Callable[[], None]] = []

    def write(self, root: Symbol) -> str:
        name = self._name(root)
        while self._waiting:
            self._waiting.pop()()
        return name

    def _name(self, symbol: Symbol) -> str:
        if symbol not in self._productions:
            return self._leaf(symbol)
        rows = self._productions[symbol]
        if len(rows) == 1 and symbol not in self._circles:
            return self._row(rows[0])
        if symbol not in self._names:
            name = self._names[symbol] = self._grammar.reserve(self._hint(symbol))
            self._waiting.append(lambda: self._grammar.define(name, " | ".join(self._alternatives(symbol))))
        return self._names[symbol]

    def _alternatives(self, symbol: Symbol) -> list[str]:
        circle = self._circles.get(symbol)
        if circle is None:
            return [self._row(production) for production in self._productions[symbol]]
        return [
            f"{self._row(production)} {self._upwards(start, symbol)}"
            for start in circle
            if symbol in self._above(start)
            for production in self._productions[start]
            if production[0] not in circle
        ]

    def _row(self, production: Production[Symbol]) -> str:
        return " ".join(map(self._name, production))

    def _upwards(self, start: Symbol, goal: Symbol) -> str:
        """The name of the rule for what follows `start` where it begins `goal`."""
        key = (start, goal)
        if key not in self._names:
            name = self._names[key] = self._grammar.reserve(f"{self._hint(goal)}-rest")
            self._waiting.append(lambda: self._grammar.define(name, " | ".join(self._steps(start, goal))))
        return self._names[key]

    def _steps(self, start: Symbol, goal: Symbol) -> list[str]:
        alike = self._alike(start)
        steps = [
            f"{self._row(production[1:])} {self._upwards(above, goal)}"
            for above in self._circles[start]
            if goal in self._above(above)
            for production in self._productions[above]
            if production[0] in alike and len(production) > 1
        ]
        return [*steps, '""'] if goal in alike else steps

    def _alike(self, symbol: Symbol) -> set[Symbol]:
        """The symbols of the circle that may stand for this one alone."""
        circle = self._circles[symbol]
        return reachable(symbol, {one: [up for up in circle if (one,) in self._productions[up]] for one in circle})

    def _above(self, symbol: Symbol) -> set[Symbol]:
        """The symbols of the circle that may begin with this one, itself included."""
        circle = self._circles[symbol]
        begins = {one: [up for up in circle if any(p[0] == one for p in self._productions[up])] for one in circle}
        return reachable(symbol, begins)


def circles(productions: Mapping[Symbol, Sequence[Production[Symbol]]]) -> dict[Symbol, Circle[Symbol]]:
    """The symbols that may begin with themselves, each with all that it begins with and that begin with it."""
    heads = {symbol: {row[0] for row in rows if row[0] in productions} for symbol, rows in productions.items()}
    changed = True
    while changed:  # leave out what begins with nothing that is left: it is in no circle
        ends = [symbol for symbol, below in heads.items() if not below & heads.keys()]
        changed = bool(ends)
        for symbol in ends:
            del heads[symbol]
    below = {symbol: [head for head in heads[symbol] if head in heads] for symbol in heads}
    reach = {symbol: set().union(*(reachable(head, below) for head in below[symbol])) for symbol in below}
    return {
        symbol: dict.fromkeys(other for other in reach if other in found and symbol in reach[other])
        for symbol, found in reach.items()
        if symbol in found
    }


def reachable(start: Symbol, edges: Mapping[Symbol, Sequence[Symbol]]) -> set[Symbol]:
    """Everything one can come to, the start included."""
    found, waiting = {start}, [start]
    while waiting:
        for following in edges[waiting.pop()]:
            if following not in found:
                found.add(following)
                waiting.append(following)
    return found
