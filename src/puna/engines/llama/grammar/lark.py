"""Whole answers as a grammar for llguidance: thinking first where there is some, then JSON, tool calls or text.

llguidance reads a variant of Lark (docs/syntax.md in its repository), in which rules may be JSON Schemas.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from puna.core.tools import Tool
from puna.engines.llama.grammar.repeated import once
from puna.engines.llama.grammar.text import Definition, Expression
from puna.engines.llama.markup import ID, CallShape, ThinkingTags

HEAD = "%llguidance {}\n"
UNFORCED = '%llguidance {"no_forcing": true}\n'
"""Any tokens that make up a text that fits, where a text that has to come is else made of its usual ones."""
COMPACT = {"whitespace_flexible": False, "key_separator": ": ", "item_separator": ", "}
"""JSON on one line, with the spaces that models have seen the most; without them small ones write worse."""
MOST_CALLS = 32
"""How many tools one answer may call, so that a model that can't stop does."""
ANYTHING = "/(?s:.*)/"
NUMBER = "/[a-zA-Z0-9_-]{1,64}/"
"""What models number calls with."""


class Answer:
    """The grammar of one answer. `control` are the tags that are no text in this model's vocabulary but one token."""

    def __init__(self, control: Mapping[str, int]) -> None:
        self._control = control
        self._rules: dict[str, str] = {}

    def source(self, body: str, thinking: ThinkingTags | None, *, begun: bool, spaced: bool, head: str = HEAD) -> str:
        """The grammar: the rule `body`, after thinking that the prompt has `begun` or the model may begin. A `spaced`
        body may have white space before it."""
        start = body
        if thinking:
            self._rules["after"] = f"/[ \\n]{{0,3}}/ {body}" if spaced else body
            thought = f"{self._until('thought', thinking.end)} after"
            start = thought if begun else f"{self.literal(thinking.start)} {thought} | {body}"
        rules = "".join(f"{name}: {rule}\n" for name, rule in self._rules.items())
        return f"{head}start: {start}\n{rules}"

    def json(self, name: str, schema: Mapping[str, Any]) -> str:
        """The rule for JSON that fits a schema."""
        return self.rule(name, "%json " + json.dumps({**once(schema), "x-guidance": COMPACT}))

    def text_argument(self, name: str, text: Expression | Definition) -> str:
        """The rule for the arguments of a custom tool, whose text is inside of a JSON string."""
        self._rules |= text.rules(f"{name}_text")
        return self.rule(name, rf'"{{\"input\": \"" {name}_text "\"}}"')

    def calls(self, tools: Sequence[Tool], arguments: Sequence[str], shape: CallShape, *, several: bool) -> str:
        """One call, or several after one another, without the first one's prefix."""
        named = [
            f"{self.literal(tool.name + shape.middle)} {rule}" for tool, rule in zip(tools, arguments, strict=True)
        ]
        suffix = self.literal(shape.suffix)
        if shape.between and several:
            call = self.rule("call", " | ".join(named))
            more = self.rule("more_calls", f"{self.literal(shape.between)} {call}")
            return self.rule("calls", f"{call} {more}{{0,{MOST_CALLS - 1}}} {suffix}".rstrip())
        body = self.rule("call", " | ".join(f"{call} {suffix}".rstrip() for call in named))
        if not several:
            return body
        more = self.rule("more_calls", f"/[ \\n]{{0,2}}/ {self.literal(shape.prefix)} {body}")
        return self.rule("calls", f"{body} {more}{{0,{MOST_CALLS - 1}}}")

    def required(self, calls: str, shape: CallShape) -> str:
        """Calls, and nothing before them."""
        return self.rule("required_calls", f"{self.literal(shape.prefix)} {calls}")

    def optional(self, calls: str, shape: CallShape) -> str:
        """Calls after any text, or text alone."""
        rest = self.literal(shape.prefix.removeprefix(shape.marker))
        led = f"{self._until('lead', shape.marker)} {rest} {calls}"
        if shape.marker in self._control:
            return self.rule("answer", f"{ANYTHING} | {led}")
        self._rules["TEXT"] = f"{ANYTHING} & ~/(?s:.*){escaped(shape.marker)}(?s:.*)/"
        return self.rule("answer", f"TEXT | {led}")

    def harmony(self, calls: str | None, body: str | None, *, forced: bool) -> str:
        """An answer in the Harmony format: any thinking, then a call, or the final message with that body, or
        text."""
        message, end = self.literal("<|message|>"), self.literal("<|end|>")
        channel, constrain = self.literal("<|channel|>"), self.literal("<|constrain|>")
        following = self.rule("following", f'{self.literal("<|start|>")} "assistant" messages')
        ways = [f'{channel} "analysis" {message} {ANYTHING} {end} {following}']
        if calls:
            ways.append(calls)
        if not (calls and forced):
            ways.append(f'{channel} "final" (/ ?/ {constrain} "json")? {message} {body or ANYTHING}')
        if not body and not forced:
            ways.append(f'{channel} "commentary" {message} {ANYTHING} ({end} {following})?')
        return self.rule("messages", " | ".join(ways))

    def either(self, one: str, other: str) -> str:
        return self.rule("either", f"{one} | {other}")

    def literal(self, text: str) -> str:
        """The text itself, with the tokens that stand for tags in it, and with any number of a call for its `ID`."""
        return " ".join(map(self._piece, self._split(text, ID)))

    def pieces(self, text: str) -> list[str]:
        """The text, divided where a tag is a token and no text."""
        return self._split(text)

    def is_token(self, text: str) -> bool:
        """Whether that is such a tag."""
        return text in self._control

    def _split(self, text: str, *others: str) -> list[str]:
        marks = [*(tag for tag in self._control if tag in text), *others]
        pieces = re.split("(" + "|".join(map(re.escape, marks)) + ")", text) if marks else [text]
        return list(filter(None, pieces))

    def _piece(self, text: str) -> str:
        if text == ID:
            return NUMBER
        return f"<[{self._control[text]}]>" if text in self._control else json.dumps(text, ensure_ascii=False)

    def _until(self, name: str, end: str) -> str:
        """The rule for text up to the first `end`, and that. A text has no token in it that is none."""
        pieces = self.pieces(end)
        if any(map(self.is_token, pieces)):
            text = "" if self.is_token(pieces[0]) else pieces.pop(0)  # else it would be part of anything
            return self.rule(name, f"/(?s:.*){escaped(text)}/ {' '.join(map(self._piece, pieces))}")
        self._rules[f"{name}[suffix={json.dumps(end, ensure_ascii=False)}]"] = ANYTHING
        return name

    def rule(self, name: str, body: str) -> str:
        """Name a part of an answer; its name."""
        self._rules[name] = body
        return name


def escaped(text: str) -> str:
    """An expression for just that text."""
    return re.escape(text).replace("/", r"\/")
