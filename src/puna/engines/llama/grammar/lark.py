"""Grammars in Lark's language (lark-parser.readthedocs.io/en/stable/grammar.html) as GBNF inside of a JSON string.

What may be written are texts that Lark's default parser (Earley) reads: each terminal as long as it can be. Where
several terminals could stand in the same place, as a keyword and a name, a text may be written that Lark's LALR
parser tells apart another way.
"""

from typing import TYPE_CHECKING, Any

from puna.engines.llama.grammar.context_free import ContextFree, Terminal
from puna.engines.llama.grammar.expressions import (
    Alternation,
    Concatenation,
    Expression,
    Repetition,
    read_expression,
    with_little_space,
)
from puna.engines.llama.grammar.gbnf import Grammar
from puna.engines.llama.grammar.lexemes import Lexeme
from puna.engines.llama.grammar.patterns import UnsupportedPattern

if TYPE_CHECKING:
    import lark.load_grammar

START, WHOLE, IGNORED, PIECE = "start", "%whole", "%ignored", "%piece"
"""The rule a grammar begins with; it with what may be ignored behind it; what may be ignored, and one piece of it.
The percent sign keeps the names apart from those of a definition."""
MOST_IGNORED = 16
"""So many pieces, and so much white space in one, may stand between two terminals: there are models that write spaces
without end where they may."""
MOST_COPIES = 500
"""A part of a rule may be repeated so often where its count is limited."""

COMMON = "common.lark"
LOOKING_BEHIND = {
    ('"', ".*?", r"(?<!\\)(\\\\)*?", '"'): r'"(?:[^"\\\n]|\\[^\n])*"',
    ("/*", "(.|\n)*?", "*/"): r"/\*(?:[^*]|\*+[^*/])*\*+/",
}
"""Of Lark's own library what looks behind or is lazy (ESCAPED_STRING and C_COMMENT), and the same without."""

OPERATORS: dict[str, tuple[int, int | None]] = {"?": (0, 1), "*": (0, None), "+": (1, None)}
Symbol = str | Terminal
Row = tuple[Symbol, ...]


def compile_lark(grammar: Grammar, definition: str) -> str:
    """The name of a rule for the inside of a JSON string whose text fits the definition.

    Raises:
        UnsupportedPattern: saying what of it.
    """
    reader = Reader(load(definition))
    return ContextFree(reader.rules, reader.lexemes).compile(grammar, WHOLE)


def load(definition: str) -> "lark.load_grammar.Grammar":
    """What Lark itself reads. Raises UnsupportedPattern."""
    from lark.exceptions import LarkError  # imported late: few requests need it
    from lark.load_grammar import GrammarBuilder

    builder = GrammarBuilder(import_paths=[only_common])
    try:
        builder.load_grammar(definition, "the definition")
        return builder.build()
    except LarkError as error:
        raise UnsupportedPattern(str(error).strip()) from error


def only_common(base: str | None, path: str) -> Any:
    """Lark's own library of terminals. No other grammar is read, least of all from this machine's files."""
    from lark.load_grammar import stdlib_loader

    if path != COMMON:
        name = path.removesuffix(".lark").replace("/", ".")
        raise UnsupportedPattern(f"'%import {name}': only '%import common' is there")
    return stdlib_loader(base, path)


class Reader:
    """Takes a definition apart: `rules` are without repetitions and choices inside, `lexemes` are its terminals."""

    def __init__(self, definition: "lark.load_grammar.Grammar") -> None:
        from lark.load_grammar import PrepareLiterals

        self._literals = PrepareLiterals()
        self.rules: dict[str, list[Row]] = {}
        self.lexemes: dict[str, Lexeme] = {}
        self._ignored = frozenset(definition.ignore)
        self._terminals = {name: tree for name, (tree, _) in definition.term_defs}
        for name, parameters, tree, _ in definition.rule_defs:
            if parameters:
                raise UnsupportedPattern(f"'{name}{{{', '.join(parameters)}}}': a template")
            self.rules[name] = self._rows(self._literals.transform(tree))
        if START not in self.rules:
            raise UnsupportedPattern("there is no rule 'start'")
        self._add_ignored(list(dict.fromkeys(definition.ignore)))

    def _add_ignored(self, names: list[str]) -> None:
        self.rules[WHOLE] = [(START,), *([(START, IGNORED)] if names else [])]
        self.rules[PIECE] = [(Terminal(name),) for name in names]
        self.rules[IGNORED] = [(PIECE, *self._at_most(PIECE, MOST_IGNORED - 1))]
        for name in names:
            self._terminal(name)

    def _terminal(self, name: str) -> str:
        """A terminal that has a name."""
        if name in self.lexemes:
            return name
        tree = self._terminals[name]
        if tree is None:
            raise UnsupportedPattern(f"'%declare {name}': a terminal without a definition")
        return self._add_terminal(name, self._literals.transform(tree))

    def _add_terminal(self, name: str, tree: Any, shown: str | None = None) -> str:
        """A terminal, and the rule of the same name: it with what may be ignored before it."""
        if name not in self.lexemes:
            try:
                expression = read_terminal(tree)
                if name in self._ignored:
                    expression = with_little_space(expression, MOST_IGNORED)
                self.lexemes[name] = Lexeme(expression)
            except UnsupportedPattern as error:
                raise UnsupportedPattern(f"{error} (in {shown or name})") from error
            self.rules[name] = [(Terminal(name),), *([(IGNORED, Terminal(name))] if self._ignored else [])]
        return name

    def _rows(self, tree: Any) -> list[Row]:
        """The alternatives that a tree of Lark's is."""
        match tree.data:
            case "expansions":
                return list(dict.fromkeys(row for child in tree.children for row in self._rows(child)))
            case "alias":
                return self._rows(tree.children[0])
            case "expansion":
                return [tuple(self._symbol(child) for child in tree.children)]
            case _:
                return [(self._symbol(tree),)]

    def _symbol(self, node: Any) -> str:
        """The name of a rule for a node of Lark's tree."""
        kind = getattr(node, "data", None)
        if kind is None:
            return self._terminal(node.name) if node.is_term else str(node.name)
        if kind == "value":
            return self._symbol(node.children[0])
        if kind == "pattern":
            text = node.children[0].to_regexp()
            return self._add_terminal(f"%{text}", node, shown=f"/{text}/")
        if kind == "template_usage":
            raise UnsupportedPattern(f"'{node.children[0].name}{{…}}': a template")
        if kind == "maybe":
            return self._repeated(self._helper(self._rows(node.children[0])), 0, 1)
        if kind == "expr":
            return self._repeated(self._symbol(node.children[0]), *bounds(node))
        return self._helper(self._rows(node))

    def _repeated(self, inner: str, low: int, high: int | None) -> str:
        if max(low, high or 0) > MOST_COPIES:
            raise UnsupportedPattern(f"'~': more than {MOST_COPIES} repetitions of a rule")
        exactly = self._exactly(inner, low)
        if high is None:
            more = f"%more {inner}"
            self.rules[more] = [(), (inner, more)]
            return self._helper([(*exactly, more)])
        return self._helper([(*exactly, *self._at_most(inner, high - low))])

    def _exactly(self, inner: str, count: int) -> Row:
        """A row of so many, in halves of halves."""
        if count <= 2:
            return (inner,) * count
        half = self._helper([self._exactly(inner, count // 2)])
        return (half, half, *((inner,) if count % 2 else ()))

    def _at_most(self, inner: str, count: int) -> Row:
        """A row of up to so many: fewer than half, or half and up to what is left."""
        if count == 0:
            return ()
        half = (count + 1) // 2
        several = (*self._exactly(inner, half), *self._at_most(inner, count - half))
        return (self._helper([self._at_most(inner, half - 1), several]),)

    def _helper(self, rows: list[Row]) -> str:
        """The name of the rule with those alternatives."""
        name = f"%{rows}"
        if len(name) > 200:
            name = f"%{len(self.rules)}"
        self.rules[name] = rows
        return name


def bounds(node: Any) -> tuple[int, int | None]:
    """How often the inner part of an `expr` node stands there."""
    operator, *counts = node.children[1:]
    if str(operator) in OPERATORS:
        return OPERATORS[str(operator)]
    low, high = int(counts[0]), int(counts[-1])
    if high < low:
        raise UnsupportedPattern(f"'~{low}..{high}': the numbers are out of order")
    return low, high


def read_terminal(node: Any) -> Expression:
    """What a terminal's tree matches. The terminals it is made of are already put in by Lark."""
    patterns = tuple(pattern.value for pattern in node.scan_values(lambda value: hasattr(value, "to_regexp")))
    if patterns in LOOKING_BEHIND:
        return read_expression(LOOKING_BEHIND[patterns])
    match node.data:
        case "pattern":
            return read_expression(node.children[0].to_regexp())
        case "expansions":
            return Alternation(tuple(map(read_terminal, node.children)))
        case "expansion":
            return Concatenation(tuple(map(read_terminal, node.children)))
        case "expr":
            return Repetition(read_terminal(node.children[0]), *bounds(node))
        case "maybe":
            return Repetition(read_terminal(node.children[0]), 0, 1)
        case _:
            return read_terminal(node.children[0])
