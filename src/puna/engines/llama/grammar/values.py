"""JSON without a schema, as GBNF: written on one line, with at most one space after a colon or a comma."""

import json
from typing import Any

from puna.engines.llama.grammar.gbnf import Grammar, literal

HEX = "[0-9a-fA-F]"


def colon(grammar: Grammar) -> str:
    return grammar.add("colon", '":" " "?')


def comma(grammar: Grammar) -> str:
    return grammar.add("comma", '"," " "?')


def constant(value: Any) -> str:
    """Exactly that value."""
    return literal(json.dumps(value, ensure_ascii=False))


def character(grammar: Grammar) -> str:
    """One character of a string. A half of a surrogate pair is none."""
    code = f"([0-9abcefABCEF] {HEX}{{3}} | [dD] [0-7] {HEX}{{2}})"
    plain = r'[^"\\\x00-\x1F\x7F]'
    return grammar.add("character", rf'{plain} | "\\" (["\\/bfnrt] | "u" {code})')


def string(grammar: Grammar) -> str:
    return grammar.add("string", rf'"\"" {character(grammar)}* "\""')


def integer(grammar: Grammar) -> str:
    return grammar.add("integer", '"-"? ("0" | [1-9] [0-9]{0,14})')


def number(grammar: Grammar) -> str:
    exponent = "([eE] [-+]? [0-9]{1,2})?"
    return grammar.add("number", f'{integer(grammar)} ("." [0-9]{{1,15}})? {exponent}')


def boolean(grammar: Grammar) -> str:
    return grammar.add("boolean", '"true" | "false"')


def null(grammar: Grammar) -> str:
    return grammar.add("null", '"null"')


def any_object(grammar: Grammar) -> str:
    def body() -> str:
        pair = grammar.add("pair", f"{string(grammar)} {colon(grammar)} {any_value(grammar)}")
        return f'"{{" ({pair} ({comma(grammar)} {pair})*)? "}}"'

    return grammar.once("object", body)


def any_array(grammar: Grammar) -> str:
    def body() -> str:
        value = any_value(grammar)
        return f'"[" ({value} ({comma(grammar)} {value})*)? "]"'

    return grammar.once("array", body)


def any_value(grammar: Grammar) -> str:
    def body() -> str:
        kinds = (string, number, boolean, null, any_object, any_array)
        return " | ".join(kind(grammar) for kind in kinds)

    return grammar.once("value", body)
