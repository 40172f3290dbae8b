"""Grammars in Lark's language (lark-parser.readthedocs.io/en/stable/grammar.html) for a text inside of a JSON string.

Where no terminal may go on with an escape, each is one for llguidance, too, and as long as it can be. Otherwise texts
are read character by character, and what fits is what the rules say, wherever one terminal ends and the next begins.
"""

from typing import TYPE_CHECKING, Any

from puna.core.tools import TextGrammar
from puna.engines.llama.grammar.in_string import InString, TextError

if TYPE_CHECKING:
    import lark.load_grammar

COMMON = "common.lark"
START = "start"
MOST_IGNORED = 16
"""So much of what may be ignored may stand between two terminals: there are models that write spaces without end."""
LOOKING_BEHIND = {
    ('"', ".*?", r"(?<!\\)(\\\\)*?", '"'): r'"(?:[^"\\\n]|\\[^\n])*"',
    ("/*", "(.|\n)*?", "*/"): r"/\*(?:[^*]|\*+[^*/])*\*+/",
}
"""Of Lark's own library what looks behind or is lazy (ESCAPED_STRING and C_COMMENT), and the same without."""


class Expression:
    """A regular expression for the whole of a text. Raises TextError."""

    def __init__(self, source: str) -> None:
        self._inside = InString(source)

    def rules(self, name: str) -> dict[str, str]:
        """The rule of that name for the inside of a JSON string."""
        return {name: f"/{self._inside.lexeme}/" if self._inside.lexeme else '""'}


def standing_alone(form: TextGrammar) -> str:
    """The rule of a text that is in no JSON string. A grammar is llguidance's own variant of Lark, or the GBNF of
    llama.cpp. Raises TextError."""
    if form.syntax == "regex":
        expression = InString(form.definition).alone
        return f"/{expression}/" if expression else '""'
    from llguidance.gbnf_to_lark import any_to_lark  # few requests need it

    try:
        return f"%lark {{\n{any_to_lark(form.definition).removeprefix('%llguidance {}')}\n}}"
    except Exception as error:
        raise TextError(str(error)) from error


class Definition:
    """A grammar that Lark has read.

    Raises:
        TextError: Lark can't read it, it has what no automaton can hold, or no text fits it.
    """

    def __init__(self, source: str) -> None:
        grammar = load(source)
        self._declared = {name: tree and with_literals(tree) for name, (tree, _) in grammar.term_defs}
        self._terminals: dict[str, InString] = {}
        self._ignored = list(dict.fromkeys(grammar.ignore))
        self._trees = {}
        for name, parameters, tree, _ in grammar.rule_defs:
            if parameters:
                raise TextError(f"'{name}{{{', '.join(parameters)}}}': a template")
            self._trees[str(name)] = with_literals(tree)
        if START not in self._trees:
            raise TextError("there is no rule 'start'")
        self._check_ends()

    def rules(self, name: str) -> dict[str, str]:
        """The rules for the inside of a JSON string; the one of that name is the whole text."""
        self._prefix = name
        rules = {rule: self._written(tree) for rule, tree in self._trees.items()}
        # llguidance does not go back: where a terminal may go on with an escape, it takes no other behind it.
        by_character = any(terminal.escapes for terminal in self._terminals.values())
        ignored = f"{name}_ignored"
        result = {name: f"{self._rule(START)} {ignored}" if self._ignored else self._rule(START)}
        for number, terminal in enumerate(list(self._terminals.values())):
            body = terminal.rule() if by_character else f"/{terminal.lexeme}/" + "?" * terminal.may_be_empty
            result[f"{name}_t{number}"] = f"{ignored} {body}" if self._ignored else body
        if self._ignored:
            pieces = [self._terminal(terminal) for terminal in self._ignored]
            written = [f"({piece.rule()})" if by_character else f"/{piece.lexeme}/" for piece in pieces]
            result[ignored] = f"({' | '.join(written)}){{0,{MOST_IGNORED}}}"
        return result | {self._rule(rule): body for rule, body in rules.items()}

    def _rule(self, name: str) -> str:
        """The name here of a rule of the definition's."""
        return f"{self._prefix}_r{list(self._trees).index(name)}"

    def _written(self, node: Any) -> str:
        """A part of a rule, as llguidance reads it."""
        kind = getattr(node, "data", None)
        if kind is None:
            return self._symbol(str(node.name), is_terminal=node.is_term)
        if kind == "alias":
            return self._written(node.children[0])
        parts = [self._written(child) for child in node.children if kind != "pattern" and is_symbol(child)]
        match kind:
            case "expansions":
                return f"({' | '.join(dict.fromkeys(parts))})"
            case "expansion":
                return " ".join(parts) or '""'
            case "expr":
                return f"({parts[0]}){counted(node)}"
            case "maybe":
                return f"({parts[0]})?"
            case "pattern":
                return self._symbol(f"/{node.children[0].to_regexp()}/", node, is_terminal=True)
            case "template_usage":
                raise TextError(f"'{node.children[0].name}{{…}}': a template")
            case _:
                return parts[0]

    def _symbol(self, name: str, tree: Any = None, *, is_terminal: bool) -> str:
        if not is_terminal:
            return self._rule(name)
        self._terminal(name, tree)
        return f"{self._prefix}_t{list(self._terminals).index(name)}"

    def _terminal(self, name: str, tree: Any = None) -> InString:
        """A terminal's expression; the terminals it is made of are already put in by Lark."""
        if name not in self._terminals:
            tree = self._declared.get(name) if tree is None else tree
            if tree is None:
                raise TextError(f"'%declare {name}': a terminal without a definition")
            try:
                self._terminals[name] = InString(terminal_source(tree))
            except TextError as error:
                raise TextError(f"{error} (in {name})") from error
        return self._terminals[name]

    def _check_ends(self) -> None:
        """Raises TextError where the first rule can't come to an end."""
        ending: set[str] = set()

        def ends(node: Any) -> bool:
            kind = getattr(node, "data", None)
            if kind is None:
                return not hasattr(node, "is_term") or node.is_term or str(node.name) in ending
            if kind == "alias":
                return ends(node.children[0])
            if kind == "maybe" or (kind == "expr" and counted(node)[:2] in ("?", "*", "{0")):
                return True
            return (any if kind == "expansions" else all)(map(ends, node.children))

        while more := {name for name, tree in self._trees.items() if name not in ending and ends(tree)}:
            ending |= more
        if START not in ending:
            raise TextError("no text fits it")


def load(definition: str) -> "lark.load_grammar.Grammar":
    """What Lark itself reads. Raises TextError."""
    from lark.exceptions import LarkError  # imported late: few requests need it
    from lark.load_grammar import GrammarBuilder

    builder = GrammarBuilder(import_paths=[only_common])
    try:
        builder.load_grammar(definition, "the definition")
        return builder.build()
    except (LarkError, RecursionError) as error:
        raise TextError(str(error).strip()) from error


def with_literals(tree: Any) -> Any:
    """A definition's tree with its texts and expressions read. Raises TextError."""
    from lark.exceptions import LarkError
    from lark.load_grammar import PrepareLiterals

    try:
        return PrepareLiterals().transform(tree)
    except LarkError as error:
        raise TextError(str(error).strip()) from error


def only_common(base: str | None, path: str) -> Any:
    """Lark's own library of terminals. No other grammar is read, least of all from this machine's files."""
    from lark.load_grammar import stdlib_loader

    if path != COMMON:
        name = path.removesuffix(".lark").replace("/", ".")
        raise TextError(f"'%import {name}': only '%import common' is there")
    return stdlib_loader(base, path)


def is_symbol(node: Any) -> bool:
    """Whether a node of Lark's tree is no text."""
    return hasattr(node, "data") or hasattr(node, "is_term")


def counted(node: Any) -> str:
    """How often the inner part of an `expr` node stands there."""
    operator, *counts = node.children[1:]
    if str(operator) in ("?", "*", "+"):
        return str(operator)
    low, high = int(counts[0]), int(counts[-1])
    if high < low:
        raise TextError(f"'~{low}..{high}': the numbers are out of order")
    return f"{{{low},{high}}}"


def terminal_source(node: Any) -> str:
    """The regular expression that a terminal's tree is."""
    patterns = tuple(pattern.value for pattern in node.scan_values(lambda value: hasattr(value, "to_regexp")))
    if patterns in LOOKING_BEHIND:
        return LOOKING_BEHIND[patterns]
    parts = [terminal_source(child) for child in node.children if hasattr(child, "data")]
    match node.data:
        case "pattern":
            return f"(?:{node.children[0].to_regexp()})"
        case "expansions":
            return f"(?:{'|'.join(parts)})"
        case "expansion":
            return "".join(parts)
        case "expr":
            return f"(?:{parts[0]}){counted(node)}"
        case "maybe":
            return f"(?:{parts[0]})?"
        case _:
            return parts[0]
