"""From a Go template to a Jinja template that puts out the same.

Ollama renders a template in one of two ways (template/template.go). One that ranges over `.Messages` is
rendered once. An older one knows `.System`, `.Prompt` and `.Response`, and is rendered once for each
exchange; the last time it ends with the response, where the model goes on.

All text is put out by expressions, because engines strip newlines and blanks around Jinja's statements. Go's
variables become attributes of a namespace, because a `set` inside a loop is lost after it.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from puna.library.template import go
from puna.library.template.flow import jumps, without_jumps
from puna.library.template.go import TemplateError

# One dictionary a message, consecutive ones of a role merged, all system messages together in `go.system`.
_MESSAGES = r"""{%- set go = namespace(system='', messages=[]) -%}
{%- for m in messages -%}
{%- set text = m['content'] if m['content'] is string else '' -%}
{%- if m['role'] == 'system' -%}
{%- set go.system = (go.system ~ '\n\n' ~ text) if go.system else text -%}
{%- endif -%}
{%- set calls = m['tool_calls'] if m['tool_calls'] is defined and m['tool_calls'] else [] -%}
{%- set thought = m['reasoning_content'] if m['reasoning_content'] is defined else m['thinking'] -%}
{%- if go.messages and go.messages[-1]['role'] == m['role'] and m['role'] != 'tool' -%}
{%- set before = go.messages[-1] -%}
{%- set go.messages = go.messages[:-1] + [{'role': m['role'], 'content': before['content'] ~ '\n\n' ~ text,
 'thinking': before['thinking'], 'tool_calls': before['tool_calls'] + calls}] -%}
{%- else -%}
{%- set go.messages = go.messages + [{'role': m['role'], 'content': text,
 'thinking': thought if thought is string else '', 'tool_calls': calls,
 'tool_name': m['name'] if m['name'] is defined else m['tool_name'], 'tool_call_id': m['tool_call_id']}] -%}
{%- endif -%}
{%- endfor -%}
"""

# One dictionary an exchange, as Ollama groups messages for templates without `.Messages`.
_TURNS = r"""{%- set go.turns = [] -%}
{%- set go.s = '' -%}{%- set go.p = '' -%}{%- set go.r = '' -%}
{%- for m in go.messages -%}
{%- if (m['role'] == 'system' and (go.p or go.r)) or (m['role'] == 'user' and go.r) -%}
{%- set go.turns = go.turns + [{'system': go.s, 'prompt': go.p, 'response': go.r}] -%}
{%- set go.s = '' -%}{%- set go.p = '' -%}{%- set go.r = '' -%}
{%- endif -%}
{%- if m['role'] == 'system' -%}{%- set go.s = m['content'] -%}
{%- elif m['role'] == 'user' -%}{%- set go.p = m['content'] -%}
{%- elif m['role'] == 'assistant' -%}{%- set go.r = m['content'] -%}
{%- endif -%}
{%- endfor -%}
{%- set turn = {'system': go.s, 'prompt': go.p, 'response': go.r} -%}
"""

_COMPACT = "tojson(separators=(',', ':'))"  # as Go's json.Marshal writes it

_ROOT = {
    "Messages": "go.messages",
    "Tools": "(tools if tools is defined and tools else [])",
    "Think": "(enable_thinking is defined and enable_thinking)",
    "IsThinkSet": "(enable_thinking is defined)",
    "ThinkLevel": "(reasoning_effort if reasoning_effort is defined else '')",
    "Suffix": "''",
}
_WHOLE = {**_ROOT, "System": "go.system", "Prompt": "''", "Response": "''"}
_TURN = {**_ROOT, "System": "turn['system']", "Prompt": "turn['prompt']", "Response": "turn['response']"}

# The fields of messages, calls and tools, by Go's names.
_FIELDS = {
    "Role": "role",
    "Content": "content",
    "Thinking": "thinking",
    "Images": "images",
    "ToolCalls": "tool_calls",
    "ToolName": "tool_name",
    "ToolCallID": "tool_call_id",
    "ID": "id",
    "Type": "type",
    "Function": "function",
    "Name": "name",
    "Arguments": "arguments",
    "Description": "description",
    "Parameters": "parameters",
    "Properties": "properties",
    "Required": "required",
    "Items": "items",
    "Enum": "enum",
}
_OPTIONAL = {"Parameters", "Properties", "Arguments", "Required", "Items", "Enum"}
_MAPPINGS = {"Properties", "Arguments"}
_TEXTS = {
    "System",
    "Prompt",
    "Response",
    "Suffix",
    "ThinkLevel",
    "Role",
    "Content",
    "Thinking",
    "ToolName",
    "Name",
}
_TEXTS |= {"Description", "ToolCallID", "ID"}


def translate(nodes: Sequence[go.Node]) -> str:
    """The template in Jinja. Raises TemplateError for what has no translation."""
    names = {field.name for field in _walk(nodes) if isinstance(field, go.Field)}
    if "Messages" in names:
        return _MESSAGES + _whole(nodes)
    if "Response" not in names:
        nodes = (*nodes, go.Output(go.Field(go.Dot(), "Response")))
    exchange = _Translation(_TURN).nodes(nodes)
    last = _Translation(_TURN).nodes(_Cut().nodes(nodes))
    return f"{_MESSAGES}{_TURNS}{{%- for turn in go.turns -%}}{exchange}{{%- endfor -%}}{last}"


def _whole(nodes: Sequence[go.Node]) -> str:
    """What follows the last range over the messages asks for the answer, where that is wanted."""
    translation = _Translation(_WHOLE)
    ranges = [at for at, node in enumerate(nodes) if isinstance(node, go.Range)]
    split = ranges[-1] + 1 if ranges and _is_messages(nodes[ranges[-1]]) else len(nodes)
    head, tail = translation.nodes(nodes[:split]), translation.nodes(nodes[split:])
    if not tail:
        return head
    wanted = "add_generation_prompt is not defined or add_generation_prompt"
    return f"{head}{{%- if {wanted} -%}}{tail}{{%- endif -%}}"


def _is_messages(node: go.Node) -> bool:
    return isinstance(node, go.Range) and isinstance(node.over, go.Field) and node.over.name == "Messages"


def _walk(value: Any) -> Iterator[Any]:
    """A node with everything in it."""
    yield value
    if isinstance(value, tuple | list):
        for item in value:
            yield from _walk(item)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _walk(getattr(value, field.name))


class _Cut:
    """A template up to its response: there the model goes on."""

    def __init__(self) -> None:
        self._found = False

    def nodes(self, nodes: Sequence[go.Node]) -> tuple[go.Node, ...]:
        kept: list[go.Node] = []
        for node in nodes:
            if self._found:
                break
            kept.append(self._node(node))
        return tuple(kept)

    def _node(self, node: go.Node) -> go.Node:
        if isinstance(node, go.If):
            return go.If(node.condition, self.nodes(node.body), self.nodes(node.otherwise))
        if isinstance(node, go.Output):
            self._found = any(isinstance(part, go.Field) and part.name == "Response" for part in _walk(node))
        return node


class _Translation:
    """Writes nodes in Jinja. It knows which variable is which and what the dot stands for."""

    def __init__(self, root: dict[str, str]) -> None:
        self._root = root
        self._dot: str | None = None
        self._variables: dict[str, str] = {}
        self._done = ""  # what says that the loop is to be left
        self._count = 0

    def nodes(self, nodes: Sequence[go.Node]) -> str:
        return "".join(self._node(node) for node in nodes)

    def _node(self, node: go.Node) -> str:
        match node:
            case go.Text(text):
                return f"{{{{ {_quoted(text)} }}}}"
            case go.Output(expression):
                return f"{{{{ {self._printed(expression)} }}}}"
            case go.Assignment():
                return self._assignment(node)
            case go.If(condition, body, otherwise):
                return self._choice(self._value(condition), self._scoped(body), self._scoped(otherwise))
            case go.With():
                return self._with(node)
            case go.Range():
                return self._range(node)
            case go.Jump():
                return f"{{%- set {self._done} = true -%}}"

    def _assignment(self, node: go.Assignment) -> str:
        value = self._value(node.expression)
        if node.declares:
            self._variables[node.name] = f"go.{self._new(node.name)}"
        target = self._variables.get(node.name)
        if target is None:
            raise TemplateError(node.line, f"the variable ${node.name} is not declared")
        if not target.startswith("go."):
            raise TemplateError(node.line, f"the loop's variable ${node.name} can't be set")
        return f"{{%- set {target} = {value} -%}}"

    @staticmethod
    def _choice(condition: str, body: str, otherwise: str) -> str:
        other = f"{{%- else -%}}{otherwise}" if otherwise else ""
        return f"{{%- if {condition} -%}}{body}{other}{{%- endif -%}}"

    def _with(self, node: go.With) -> str:
        subject = self._new(node.name or "with")
        variables = {node.name: subject} if node.name else {}
        body = self._scoped(node.body, dot=subject, **variables)
        assignment = f"{{%- set {subject} = {self._value(node.subject)} -%}}"
        return assignment + self._choice(subject, body, self._scoped(node.otherwise))

    def _range(self, node: go.Range) -> str:
        over, item, key = (
            self._value(node.over),
            self._new(node.value or "item"),
            self._new(node.key or "key"),
        )
        mapping = isinstance(node.over, go.Field) and node.over.name in _MAPPINGS
        variables = {name: new for name, new in ((node.value, item), (node.key, key)) if name}
        body, before = self._body(node, item, variables)
        otherwise = self._scoped(node.otherwise)
        index = f"{{%- set {key} = loop.index0 -%}}" if node.key and not mapping else ""
        head = f"{key}, {item} in {over}.items()" if mapping else f"{item} in {over}"
        other = f"{{%- else -%}}{otherwise}" if otherwise else ""
        return f"{before}{{%- for {head} -%}}{index}{body}{other}{{%- endfor -%}}"

    def _body(self, node: go.Range, item: str, variables: dict[str, str]) -> tuple[str, str]:
        """A loop's body, and what goes before the loop: with a `break`, the turns after it do nothing."""
        breaks = any(jumps(inner, ("break",)) for inner in node.body)
        outer, self._done = self._done, f"go.{self._new('done')}" if breaks else ""
        done = self._done
        body = self._scoped(without_jumps(node.body), dot=item, **variables)
        self._done = outer
        if not breaks:
            return body, ""
        return f"{{%- if not {done} -%}}{body}{{%- endif -%}}", f"{{%- set {done} = false -%}}"

    def _scoped(self, nodes: Sequence[go.Node], dot: str | None = None, **variables: str) -> str:
        """Nodes with a dot and variables of their own, which end with them."""
        outer = self._dot, self._variables
        self._dot, self._variables = dot or self._dot, {**self._variables, **variables}
        written = self.nodes(nodes)
        self._dot, self._variables = outer
        return written

    def _new(self, name: str) -> str:
        self._count += 1
        return f"{name.lower()}_{self._count}"

    def _printed(self, expression: go.Expression) -> str:
        value = self._value(expression)
        if isinstance(expression, go.Field) and expression.name in _TEXTS:
            return f"{value} or ''"
        if isinstance(expression, go.Literal | go.Call):
            return value
        if isinstance(expression, go.Field) and expression.name in _MAPPINGS:
            return f"{value} if {value} is string else ({value} | {_COMPACT})"
        shown = f"({value} | {_COMPACT}) if {value} is defined and {value} is not none else ''"
        return f"{value} if {value} is string else ({shown})"

    def _value(self, expression: go.Expression) -> str:
        match expression:
            case go.Literal(value):
                return _quoted(value) if isinstance(value, str) else json.dumps(value).replace("null", "none")
            case go.Dot():
                return self._whole_dot()
            case go.Variable(name):
                return self._variable(name)
            case go.Field(base, name):
                return self._field(base, name)
            case go.Call():
                return self._call(expression)

    def _whole_dot(self) -> str:
        if self._dot is None:
            raise TemplateError(1, "'.' outside of 'range' and 'with' can't be translated")
        return self._dot

    def _variable(self, name: str) -> str:
        if name not in self._variables:
            raise TemplateError(1, f"the variable ${name} is not declared")
        return self._variables[name]

    def _field(self, base: go.Expression, name: str) -> str:
        if base == go.Variable("") or (base == go.Dot() and self._dot is None):
            if name not in self._root:
                raise TemplateError(1, f"'.{name}' is unknown; known are .{', .'.join(sorted(self._root))}")
            return self._root[name]
        if name not in _FIELDS:
            raise TemplateError(1, f"the field '.{name}' can't be translated")
        value = f"{self._value(base)}['{_FIELDS[name]}']"
        return f"({value} or {{}})" if name in _OPTIONAL and name not in ("Required", "Enum") else value

    def _call(self, call: go.Call) -> str:
        function = FUNCTIONS.get(call.function)
        if function is None:
            raise TemplateError(call.line, f"the function '{call.function}' can't be translated")
        try:
            return function([self._value(argument) for argument in call.arguments])
        except (IndexError, ValueError) as error:
            raise TemplateError(call.line, f"'{call.function}' has the wrong number of arguments") from error


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + "'"


def _joined(word: str) -> Callable[[list[str]], str]:
    return lambda values: "(" + f" {word} ".join(values) + ")"


def _compared(sign: str) -> Callable[[list[str]], str]:
    def compare(values: list[str]) -> str:
        left, right = values
        return f"({left} {sign} {right})"

    return compare


def _equal(values: list[str]) -> str:
    first, second, *more = values
    return "(" + " or ".join(f"{first} == {value}" for value in (second, *more)) + ")"


def _index(values: list[str]) -> str:
    return values[0] + "".join(f"[{value}]" for value in values[1:])


def _slice(values: list[str]) -> str:
    whole, *bounds = values
    start, end = (*bounds, "", "")[:2]
    return f"{whole}[{start}:{end}]"


def _printf(values: list[str]) -> str:
    """A format with `%s`, `%v` and `%d` only, as a concatenation."""
    form, *arguments = values
    pieces = form[1:-1].replace("%v", "%s").replace("%d", "%s").split("%s")
    if "%" in "".join(pieces) or len(pieces) != len(arguments) + 1 or not form.startswith("'"):
        raise ValueError(form)
    parts = [f"'{pieces[0]}'"]
    for argument, piece in zip(arguments, pieces[1:], strict=True):
        parts += [argument, f"'{piece}'"]
    return "(" + " ~ ".join(part for part in parts if part != "''") + ")"


FUNCTIONS: dict[str, Callable[[list[str]], str]] = {
    "and": _joined("and"),
    "or": _joined("or"),
    "not": lambda values: f"(not {values[0]})",
    "eq": _equal,
    "ne": _compared("!="),
    "lt": _compared("<"),
    "le": _compared("<="),
    "gt": _compared(">"),
    "ge": _compared(">="),
    "len": lambda values: f"({values[0]} | length)",
    "index": _index,
    "slice": _slice,
    "print": _joined("~"),
    "printf": _printf,
    "json": lambda values: f"({values[0]} | {_COMPACT})",
    "currentDate": lambda _: "strftime_now('%Y-%m-%d')",
}
