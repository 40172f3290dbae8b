"""The syntax of Go's text/template (pkg.go.dev/text/template), as far as chat templates use it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from puna.core.errors import InvalidRequest
from puna.core.subjects import Setting


class TemplateError(InvalidRequest):
    """A template that can't be read or translated. `line` counts from 1."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"template line {line}: {problem}", about=Setting("template"))
        self.line = line


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant: text, number, truth value or nil."""

    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Dot:
    """`.`, what the template is about at that place."""


@dataclass(frozen=True, slots=True)
class Variable:
    """`$name`; the empty name is what the whole template is about."""

    name: str


@dataclass(frozen=True, slots=True)
class Field:
    """`.Name` of something."""

    base: "Expression"
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    function: str
    arguments: "tuple[Expression, ...]"
    line: int


Expression = Literal | Dot | Variable | Field | Call


@dataclass(frozen=True, slots=True)
class Text:
    """What is put out as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Output:
    """`{{ expression }}`."""

    expression: Expression


@dataclass(frozen=True, slots=True)
class Assignment:
    """`{{ $name := expression }}`, or with `=` where the variable is there already."""

    name: str
    expression: Expression
    declares: bool
    line: int


@dataclass(frozen=True, slots=True)
class If:
    """`{{ if }} … {{ else }} … {{ end }}`; an `else if` is an If in `otherwise`."""

    condition: Expression
    body: "tuple[Node, ...]"
    otherwise: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Range:
    """`{{ range $key, $value := expression }} … {{ else }} … {{ end }}`."""

    over: Expression
    key: str | None
    value: str | None
    body: "tuple[Node, ...]"
    otherwise: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class With:
    """`{{ with $name := expression }} … {{ else }} … {{ end }}`."""

    subject: Expression
    name: str | None
    body: "tuple[Node, ...]"
    otherwise: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Jump:
    """`{{ break }}` or `{{ continue }}`."""

    kind: str


Node = Text | Output | Assignment | If | Range | With | Jump


def parse(source: str) -> tuple[Node, ...]:
    """Read a template. Raises TemplateError."""
    nodes, ending = _Parser(_scan(source)).nodes()
    if ending is not None:
        raise TemplateError(ending.line, f"'{ending.word}' without 'if', 'range' or 'with'")
    return nodes


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    adjacent: bool  # nothing lies between it and the token before


@dataclass(slots=True)
class _Action:
    """What stands between `{{` and `}}`."""

    tokens: list[_Token]
    line: int

    @property
    def word(self) -> str:
        return self.tokens[0].text if self.tokens and self.tokens[0].kind == "word" else ""


_COMMENT = re.compile(r"\{\{(-\s+)?/\*.*?\*/(\s+-)?\}\}", re.DOTALL)
_TOKEN = re.compile(
    r"""(?P<close>\s+-\}\}|\s*\}\})|(?P<space>\s+)
    |(?P<string>"(?:\\.|[^"\\\n])*"|`[^`]*`)|(?P<character>'(?:\\.|[^'\\\n])+')
    |(?P<number>[+-]?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?))
    |(?P<field>\.[A-Za-z_]\w*)|(?P<dot>\.)|(?P<variable>\$\w*)|(?P<word>[A-Za-z_]\w*)
    |(?P<assign>:=|=)|(?P<mark>[|,()])""",
    re.VERBOSE,
)
_SPACE = " \t\r\n"


def _scan(source: str) -> list[Text | _Action]:
    parts: list[Text | _Action] = []
    position, trim = 0, False
    while True:
        start = source.find("{{", position)
        text = source[position:] if start < 0 else source[position:start]
        text = text.lstrip(_SPACE) if trim else text
        if start >= 0 and re.match(r"-\s", source[start + 2 : start + 4]):
            text = text.rstrip(_SPACE)
        if text:
            parts.append(Text(text))
        if start < 0:
            return parts
        comment = _COMMENT.match(source, start)
        if comment:
            position, trim = comment.end(), bool(comment[2])
        else:
            action, position, trim = _scan_action(source, start)
            parts.append(action)


def _scan_action(source: str, start: int) -> tuple[_Action, int, bool]:
    action = _Action([], source.count("\n", 0, start) + 1)
    position = start + (3 if re.match(r"-\s", source[start + 2 : start + 4]) else 2)
    spaced = True
    while match := _TOKEN.match(source, position):
        position, kind = match.end(), str(match.lastgroup)
        if kind == "close":
            return action, position, "-" in match[0]
        if kind != "space":
            action.tokens.append(_Token(kind, match[0], not spaced))
        spaced = kind == "space"
    if position >= len(source):
        raise TemplateError(action.line, "'{{' without '}}'")
    raise TemplateError(source.count("\n", 0, position) + 1, f"unexpected character {source[position]!r}")


class _Parser:
    """Builds nodes from what was scanned."""

    def __init__(self, parts: Sequence[Text | _Action]) -> None:
        self._parts = parts
        self._at = 0

    def nodes(self) -> tuple[tuple[Node, ...], _Action | None]:
        """The nodes up to the next `else` or `end`, and that; None at the end of the template."""
        nodes: list[Node] = []
        while self._at < len(self._parts):
            part = self._parts[self._at]
            self._at += 1
            if isinstance(part, Text):
                nodes.append(part)
            elif part.word in ("end", "else"):
                return tuple(nodes), part
            else:
                nodes.append(self._node(part))
        return tuple(nodes), None

    def _node(self, action: _Action) -> Node:
        match action.word:
            case "if" | "range" | "with":
                return self._block(action, action.word)
            case "break" | "continue" as kind:
                return Jump(kind)
            case "define" | "template" | "block" as word:
                raise TemplateError(action.line, f"'{word}' can't be translated")
        line = _Line(action.tokens, action.line)
        target = line.assignment()
        expression = line.rest()
        if target is None:
            return Output(expression)
        if len(target[0]) != 1:
            raise TemplateError(action.line, "two variables can only be declared by 'range'")
        return Assignment(target[0][0], expression, target[1] == ":=", action.line)

    def _block(self, action: _Action, word: str) -> Node:
        line = _Line(action.tokens[1:], action.line)
        names, sign = line.assignment() or ((), ":=")
        if sign != ":=" or (names and word == "if") or len(names) > (2 if word == "range" else 1):
            raise TemplateError(action.line, f"these variables can't be set by '{word}'")
        subject = line.rest()
        body, otherwise = self._branches(action, word)
        if word == "if":
            return If(subject, body, otherwise)
        if word == "with":
            return With(subject, names[0] if names else None, body, otherwise)
        key = names[0] if len(names) == 2 else None
        return Range(subject, key, names[-1] if names else None, body, otherwise)

    def _branches(self, action: _Action, word: str) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
        body, ending = self.nodes()
        if ending is None:
            raise TemplateError(action.line, f"'{word}' without 'end'")
        if ending.word == "end":
            return body, ()
        if len(ending.tokens) > 1:  # `else if` and `else with` share the `end`
            nested = _Action(ending.tokens[1:], ending.line)
            if nested.word not in ("if", "with"):
                raise TemplateError(ending.line, "'else' can only be followed by 'if' or 'with'")
            return body, (self._block(nested, nested.word),)
        otherwise, last = self.nodes()
        if last is None or last.word != "end":
            raise TemplateError(action.line, f"'{word}' without 'end'")
        return body, otherwise


class _Line:
    """The tokens of one action, read from left to right."""

    def __init__(self, tokens: Sequence[_Token], line: int) -> None:
        self._tokens = tokens
        self._at = 0
        self._line = line

    def assignment(self) -> tuple[tuple[str, ...], str] | None:
        """The variables that are set and the sign that does it, if the line begins with that."""
        kinds = [token.kind if token.kind != "mark" else token.text for token in self._tokens]
        for length, form in ((2, ["variable", "assign"]), (4, ["variable", ",", "variable", "assign"])):
            if kinds[:length] == form:
                self._at = length
                names = tuple(token.text[1:] for token in self._tokens[:length] if token.kind == "variable")
                return names, self._tokens[length - 1].text
        return None

    def rest(self) -> Expression:
        """The expression that takes the rest of the line."""
        expression = self._pipeline()
        if self._at < len(self._tokens):
            raise self._unexpected()
        return expression

    def _pipeline(self) -> Expression:
        expression = self._command(())
        while self._take("|"):
            expression = self._command((expression,))
        return expression

    def _command(self, piped: tuple[Expression, ...]) -> Expression:
        first = self._peek()
        if first and first.kind == "word" and first.text not in ("true", "false", "nil"):
            self._at += 1
            arguments: list[Expression] = []
            while (token := self._peek()) and not (token.kind == "mark" and token.text in "|)"):
                arguments.append(self._operand())
            return Call(first.text, (*arguments, *piped), self._line)
        operand = self._operand()
        if piped:
            raise TemplateError(self._line, "only a function can follow '|'")
        return operand

    def _operand(self) -> Expression:
        token = self._peek()
        if token is None:
            raise TemplateError(self._line, "an expression is missing")
        self._at += 1
        operand = self._operand_of(token)
        while (field := self._peek()) and field.kind == "field" and field.adjacent:
            self._at += 1
            operand = Field(operand, field.text[1:])
        return operand

    def _operand_of(self, token: _Token) -> Expression:
        match token.kind:
            case "string":
                return Literal(_unquoted(token.text))
            case "number":
                return Literal(float(token.text) if "." in token.text else int(token.text, 0))
            case "field":
                return Field(Dot(), token.text[1:])
            case "dot":
                return Dot()
            case "variable":
                return Variable(token.text[1:])
            case "word":
                constants: dict[str, bool | None] = {"true": True, "false": False, "nil": None}
                if token.text in constants:
                    return Literal(constants[token.text])
                return Call(token.text, (), self._line)
            case "mark" if token.text == "(":
                expression = self._pipeline()
                if not self._take(")"):
                    raise TemplateError(self._line, "'(' without ')'")
                return expression
        self._at -= 1
        raise self._unexpected()

    def _peek(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self, mark: str) -> bool:
        token = self._peek()
        found = token is not None and token.kind == "mark" and token.text == mark
        self._at += found
        return found

    def _unexpected(self) -> TemplateError:
        return TemplateError(self._line, f"unexpected '{self._tokens[self._at].text}'")


def _unquoted(text: str) -> str:
    if text.startswith("`"):
        return text[1:-1]
    escapes = {"n": "\n", "t": "\t", "r": "\r"}
    return re.sub(r"\\(.)", lambda match: escapes.get(match[1], match[1]), text[1:-1])
