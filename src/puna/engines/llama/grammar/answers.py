"""Whole answers as GBNF: thinking first where there is some, then JSON, tool calls or text."""

from collections.abc import Sequence
from contextlib import suppress

from puna.core.errors import UnsupportedGrammar, UnsupportedSchema
from puna.core.formats import Format, FreeText, JsonSchema
from puna.core.subjects import ToolGrammar
from puna.core.tools import TextGrammar, Tool
from puna.engines.llama.grammar.expressions import read_expression
from puna.engines.llama.grammar.gbnf import Grammar, choice, literal, until
from puna.engines.llama.grammar.lark import compile_lark
from puna.engines.llama.grammar.lexemes import written
from puna.engines.llama.grammar.patterns import UnsupportedPattern
from puna.engines.llama.grammar.schema import compile_schema
from puna.engines.llama.grammar.values import any_object
from puna.engines.llama.markup import CallShape, ThinkingTags

MOST_CALLS = 32
"""How many tools one answer may call, so that a model that can't stop does."""


def answer_grammar(body: str, grammar: Grammar, thinking: ThinkingTags | None, *, begun: bool) -> str:
    """The grammar's source: the rule `body`, after thinking that the prompt has `begun` or the model may begin."""
    root = body
    if thinking:
        after = grammar.add("after-thinking", f"[ \\n]{{0,3}} {body}")
        thought = until(grammar, "thinking", thinking.end, after, may_stop=False)
        root = thought if begun else f"{literal(thinking.start)} {thought} | {body}"
    return f"root ::= {root}\n{grammar.text()}"


def format_rule(grammar: Grammar, form: Format) -> str:
    """JSON in the form that was asked for."""
    if isinstance(form, JsonSchema):
        return compile_schema(grammar, form.schema)
    return any_object(grammar)


def calls_rule(grammar: Grammar, tools: Sequence[Tool], shape: CallShape, *, several: bool, forced: bool) -> str:
    """One call, or several after one another. Arguments fit their schema: always if `forced` or strict, else where
    a grammar can make sure of it."""
    bodies = [
        f"{literal(tool.name + shape.middle)} {arguments_rule(grammar, tool, forced=forced)} {literal(shape.suffix)}"
        for tool in tools
    ]
    body = grammar.add("call-body", choice(bodies))
    more = f" ([ \\n]{{0,2}} {literal(shape.prefix)} {body}){{0,{MOST_CALLS - 1}}}" if several else ""
    return grammar.add("calls", f"{body}{more}")


def arguments_rule(grammar: Grammar, tool: Tool, *, forced: bool) -> str:
    if tool.text is not None:
        text = text_rule(grammar, tool, tool.text)
        return grammar.add("text-argument", rf'"{{\"input\":" " "? "\"" {text} "\"}}"')
    schema = {**tool.parameters, "type": "object"}
    if forced or tool.strict:
        return compile_schema(grammar, schema, tool=tool.name)
    with suppress(UnsupportedSchema):
        # A schema that is refused half-way leaves rules behind: try it where that does not matter.
        compile_schema(Grammar(), schema)
        return compile_schema(grammar, schema)
    return any_object(grammar)


def text_rule(grammar: Grammar, tool: Tool, form: TextGrammar) -> str:
    """The inside of a JSON string with a text of that form. Raises UnsupportedGrammar."""
    try:
        if form.syntax == "lark":
            return compile_lark(grammar, form.definition)
        return grammar.add("text", written(grammar, read_expression(form.definition, whole=True)))
    except UnsupportedPattern as error:
        raise UnsupportedGrammar(
            f"The {form.syntax} grammar of the tool '{tool.name}' can't be enforced: {error}.", ToolGrammar(tool.name)
        ) from error
    except RecursionError as error:
        raise UnsupportedGrammar(
            f"The {form.syntax} grammar of the tool '{tool.name}' nests too deep.", ToolGrammar(tool.name)
        ) from error


def required_calls(grammar: Grammar, tools: Sequence[Tool], shape: CallShape, *, several: bool) -> str:
    """Calls, and nothing before them."""
    rule = calls_rule(grammar, tools, shape, several=several, forced=True)
    return grammar.add("required-calls", f"{literal(shape.prefix)} {rule}")


def optional_calls(grammar: Grammar, tools: Sequence[Tool], shape: CallShape, form: Format, *, several: bool) -> str:
    """Calls after any text, or text alone; where a form is asked for, calls or that form."""
    rule = calls_rule(grammar, tools, shape, several=several, forced=False)
    if not isinstance(form, FreeText):
        return grammar.add("answer", f"{literal(shape.prefix)} {rule} | {format_rule(grammar, form)}")
    marker = shape.marker
    call = grammar.add("call", f"{literal(shape.prefix.removeprefix(marker))} {rule}")
    return until(grammar, "text", marker, call, may_stop=True)
