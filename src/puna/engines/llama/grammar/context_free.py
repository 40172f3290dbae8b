"""Context-free grammars of rules and terminals as GBNF inside of a JSON string.

GBNF knows no terminals, no left recursion, and nothing that is ignored between terminals. So each rule is written
once for each set of characters that it must not begin with, because the terminal before it would swallow them, and
rules that begin with themselves are turned around.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from puna.engines.llama.grammar.gbnf import Grammar
from puna.engines.llama.grammar.lexemes import Lexeme, Set, normal
from puna.engines.llama.grammar.patterns import UnsupportedPattern, intersection
from puna.engines.llama.grammar.recursion import Production, write_rules


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal in its place, with nothing ignored before it."""

    name: str


Node = str | Terminal | tuple["str | Terminal", ...]
"""A rule's name, a terminal, or what stands in a row; the empty row is the empty text."""
Rules = Mapping[str, Sequence[tuple[str | Terminal, ...]]]


@dataclass(frozen=True, slots=True)
class Variant:
    """A node where it is not empty, begins with none of the characters `before`, and ends with a terminal after which
    one of the sets `after` would be swallowed."""

    node: Node
    before: Set
    after: frozenset[Set]


MOST_VARIANTS = 4000


class ContextFree:
    """A grammar's rules, and what follows from them."""

    def __init__(self, rules: Rules, lexemes: Mapping[str, Lexeme]) -> None:
        self._rules = rules
        self._lexemes = lexemes
        self._nullable: set[str] = set()
        self._first: dict[str, Set] = dict.fromkeys(rules, ())
        self._ends: dict[tuple[Node, Set], frozenset[Set]] = {}
        self._seen: set[tuple[Node, Set]] = set()
        self._settle()

    def compile(self, grammar: Grammar, start: str) -> str:
        """The name of a rule for what `start` stands for.

        Raises:
            UnsupportedPattern: it stands for nothing, or for too much.
        """
        ends = self._all_ends(start)
        alternatives = ['""'] if self.is_nullable(start) else []
        if ends:
            root = Variant(start, (), ends)
            productions: dict[Variant, list[Production[Variant]]] = {}
            waiting = [root]
            while waiting:
                variant = waiting.pop()
                if variant not in productions and not isinstance(variant.node, Terminal):
                    productions[variant] = [
                        row for row in dict.fromkeys(self._productions(variant)) if row != (variant,)
                    ]
                    waiting += [symbol for production in productions[variant] for symbol in production]
                if len(productions) > MOST_VARIANTS:
                    raise UnsupportedPattern("the grammar is too large")
            alternatives.insert(
                0, write_rules(grammar, root, productions, lambda leaf: self._leaf(grammar, leaf), hint)
            )
        if not alternatives:
            raise UnsupportedPattern("no text fits the grammar: no rule comes to an end")
        return grammar.add("text", " | ".join(alternatives))

    def is_nullable(self, node: Node) -> bool:
        match node:
            case str():
                return node in self._nullable
            case Terminal(name):
                return self._lexemes[name].nullable
            case parts:
                return all(map(self.is_nullable, parts))

    def _leaf(self, grammar: Grammar, variant: Variant) -> str:
        assert isinstance(variant.node, Terminal)
        body = self._lexemes[variant.node.name].body(grammar, variant.before)
        return grammar.add(variant.node.name.lower(), body)

    def _settle(self) -> None:
        """What may be empty, and what everything may begin with."""
        changed = True
        while changed:
            changed = False
            for name, alternatives in self._rules.items():
                if name not in self._nullable and any(map(self.is_nullable, alternatives)):
                    self._nullable.add(name)
                    changed = True
                begin = normal(range_ for alternative in alternatives for range_ in self._begin(alternative))
                if begin != self._first[name]:
                    self._first[name] = begin
                    changed = True

    def _begin(self, node: Node) -> Set:
        match node:
            case str():
                return self._first[node]
            case Terminal(name):
                return self._lexemes[name].first
            case parts:
                found: list[tuple[int, int]] = []
                for part in parts:
                    found += self._begin(part)
                    if not self.is_nullable(part):
                        break
                return normal(found)

    def _all_ends(self, start: str) -> frozenset[Set]:
        """The sets with which `start` may end. Everything below is known when nothing changes any more."""
        while True:
            known = dict(self._ends)
            self._seen.clear()
            ends = self._ends_of(start, ())
            if known == self._ends:
                return ends

    def _ends_of(self, node: Node, before: Set) -> frozenset[Set]:
        before = self._narrowed(before, node)
        key = (node, before)
        if key not in self._seen:
            self._seen.add(key)
            if len(self._seen) > MOST_VARIANTS:
                raise UnsupportedPattern("the grammar is too large")
            self._ends[key] = self._ends.get(key, frozenset()) | frozenset(self._find_ends(node, before))
        return self._ends.get(key, frozenset())

    def _find_ends(self, node: Node, before: Set) -> Iterator[Set]:
        match node:
            case str():
                for alternative in self._rules[node]:
                    yield from self._ends_of(single(alternative), before)
            case Terminal(name):
                if before != self._lexemes[name].first:
                    yield self._lexemes[name].longer
            case (head, *tail) if tail:
                rest = single(tuple(tail))
                ends = self._ends_of(head, before)
                for end in ends:
                    yield from self._ends_of(rest, end)
                if self.is_nullable(rest):
                    yield from ends
                if self.is_nullable(head):
                    yield from self._ends_of(rest, before)

    def _productions(self, variant: Variant) -> Iterator[Production[Variant]]:
        """What a variant may stand for."""
        node = variant.node
        if isinstance(node, str):
            for alternative in self._rules[node]:
                yield from self._alone(single(alternative), variant)
        elif isinstance(node, tuple) and node:
            head, rest = node[0], single(node[1:])
            groups: defaultdict[Set, set[Set]] = defaultdict(set)
            for end in self._ends_of(head, variant.before):
                groups[self._narrowed(end, rest)].add(end)
            for between, ends in groups.items():
                for one in self._variant(head, variant.before, frozenset(ends)):
                    for other in self._variant(rest, between, variant.after):
                        yield (one, other)
            if self.is_nullable(rest):
                yield from self._alone(head, variant)
            if self.is_nullable(head):
                yield from self._alone(rest, variant)

    def _alone(self, node: Node, variant: Variant) -> Iterator[Production[Variant]]:
        for one in self._variant(node, variant.before, variant.after):
            yield (one,)

    def _variant(self, node: Node, before: Set, after: frozenset[Set]) -> Iterator[Variant]:
        """The variant, if anything is like that."""
        if possible := self._ends_of(node, before) & after:
            yield Variant(node, self._narrowed(before, node), possible)

    def _narrowed(self, before: Set, node: Node) -> Set:
        """Of the characters it must not begin with, those it could."""
        return normal(intersection(list(before), list(self._begin(node)))) if before else before


def single(parts: tuple[str | Terminal, ...]) -> Node:
    """What stands in a row; a row of one is that one."""
    return parts[0] if len(parts) == 1 else parts


def hint(variant: Variant) -> str:
    """A name for the variant's rule."""
    return variant.node if isinstance(variant.node, str) else "row"
