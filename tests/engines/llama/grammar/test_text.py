import json
import os
import re
import subprocess
import sys
from random import Random

import lark
import pytest

from puna.engines.llama.grammar.compiled import problem_of
from puna.engines.llama.grammar.in_string import TextError
from puna.engines.llama.grammar.lark import HEAD
from puna.engines.llama.grammar.text import Definition, Expression
from tests.guided import TooLong, accepts, sample

ARITHMETIC = """
?start: sum
?sum: product | sum "+" product -> add | sum "-" product
?product: atom | product "*" atom | product "/" atom
?atom: NUMBER | "-" atom | NAME | "(" sum ")" | call
call: atom "(" [sum ("," sum)*] ")" | atom "." NAME
%import common.CNAME -> NAME
%import common (NUMBER, WS)
%ignore WS
"""
JSON = """
?start: value
?value: object | array | ESCAPED_STRING | SIGNED_NUMBER -> number | "true" | "false" | "null"
array: "[" [value ("," value)*] "]"
object: "{" [pair ("," pair)*] "}"
pair: ESCAPED_STRING ":" value
%import common (ESCAPED_STRING, SIGNED_NUMBER, WS)
%ignore WS
"""
NAMES = """
start: NAME+
NAME: /[a-z]+/
%ignore /[ \\n]+/
%ignore "#" /[^\\n]*/ "\\n"
"""
COUNTS = """
start: a~3..7 b~2 [c] d?
a: "x" | "y"i
b: "(" a* ")"
c: "<" | "<="
d: ESCAPED_STRING C_COMMENT
%import common (ESCAPED_STRING, C_COMMENT)
"""
CIRCLES = """
start: a
a: b "x" | "a"
b: c "y" | a "z" | "b"
c: a | b "w" | d
d: "d"? e?
e: e "e" | "f"
"""
OPERATORS = """
start: e
e: e OP e | N | "(" e ")"
OP: "+" | "++" | "<" | "<<" | "<="
N: /[0-9]+(\\.[0-9]+)?/
%ignore " "
"""
CASES = """
start: "select"i W "from"i T (W "where"i W C)?
T: /(?i:[a-f]+[^a-z"\\s])/
C: /\\w+\\s*=\\s*\\S+/
W: /\\s+/
"""
DATES = """
start: YEAR MONTH DAY ("T" HOUR)?
YEAR: /[0-9]{4}/
MONTH: "0".."1" "0".."9"
DAY: /[0-3][0-9]/
HOUR: /\\d\\d/
"""
ALTERNATING = """
start: (WORD | " " | NUMBER)+
WORD: /[a-z]+/
NUMBER: /[0-9]+/
"""
OPENAI = """
start: expr
expr: term (SP ADD SP term)* -> add
| term
term: INT
SP: " "
ADD: "+"
%import common.INT
"""
"""Alternatives that are the same twice, which Lark itself refuses and OpenAI shows in its guide."""
PATCH = """
start: "*** Begin Patch" LF hunk+ "*** End Patch" LF?
hunk: "*** Add File: " filename LF add_line+
    | "*** Delete File: " filename LF
filename: /(.+)/
add_line: "+" /(.*)/ LF -> line
%import common.LF
"""
"""A terminal that may be empty, which Lark itself refuses and coding agents send."""


def source_of(text: Definition | Expression) -> str:
    rules = text.rules("text")
    return f"{HEAD}start: text\n" + "".join(f"{name}: {body}\n" for name, body in rules.items())


def fits(definition: str, text: str) -> bool:
    return accepts(source_of(Definition(definition)), json.dumps(text, ensure_ascii=False)[1:-1])


@pytest.mark.parametrize(
    "definition", [ARITHMETIC, JSON, NAMES, COUNTS, CIRCLES, OPERATORS, CASES, DATES, ALTERNATING]
)
def test_whatever_may_be_written_is_read_by_lark(definition: str) -> None:
    source = source_of(Definition(definition))
    parser, random = lark.Lark(definition), Random(7)
    read: set[str] = set()
    for attempt in range(600):
        if attempt >= 60 and len(read) >= 4:
            break
        try:
            text = json.loads(f'"{sample(source, random, steps=80)}"')
        except TooLong:
            continue
        if len(text) < 40:  # Lark's parser is slow where much is ambiguous
            parser.parse(text)
            read.add(text)
    assert len(read) >= 4


def test_a_grammar_has_one_text_in_every_process() -> None:
    program = f"""
from puna.engines.llama.grammar.text import Definition
for definition in {[ARITHMETIC, JSON, CIRCLES, OPERATORS]!r}:
    print(Definition(definition).rules("text"))
"""
    texts = {
        subprocess.check_output([sys.executable, "-c", program], env=os.environ | {"PYTHONHASHSEED": seed})
        for seed in ("1", "2", "3")
    }
    assert len(texts) == 1


@pytest.mark.parametrize(
    ("definition", "texts"),
    [
        (ARITHMETIC, ["1", "a.b(1,2).c", "1 + 2*-3", " (a)( ) ", "((((1))))"]),
        (JSON, ['{"a": [1, 2.5e3, "x\\"y"], "b": {}}', "[]", '"é\\\\"']),
        (NAMES, ["a b", "a#c\nb"]),
        (COUNTS, ['xYyx(x)()<="a"/* * */', "xxx()()"]),
        (CIRCLES, ["bx", "azx", "bwyx", "dfeeeyx"]),
        (CASES, ["SELECT\nFromab9", "select\tFROMf! where a=é"]),
        (DATES, ["20240131T23"]),
        (ALTERNATING, ["ab 12cd  3"]),
        (OPENAI, ["1", "1 + 22 + 3"]),
        (PATCH, ["*** Begin Patch\n*** Add File: a.py\n+x\n+\n*** Delete File: b\n*** End Patch\n"]),
    ],
)
def test_what_fits_may_be_written(definition: str, texts: list[str]) -> None:
    assert [text for text in texts if not fits(definition, text)] == []


@pytest.mark.parametrize(
    ("definition", "text"),
    [
        (ARITHMETIC, ""),
        (ARITHMETIC, "1 2"),
        (ARITHMETIC, "a.(b)"),
        (JSON, "[1,]"),
        (JSON, '"a'),
        (COUNTS, "xx()()"),
        (COUNTS, "xxxxxxxx()()"),
        (DATES, "2024131"),
        (OPENAI, "1+2"),
        (PATCH, "*** Begin Patch\n*** End Patch\n"),
        ('start: A "a"\nA: /a/', "a"),
    ],
)
def test_what_does_not_fit_may_not(definition: str, text: str) -> None:
    assert not fits(definition, text)


@pytest.mark.parametrize(
    ("definition", "named"),
    [
        ("start: /a(?=b)/", "looking ahead"),
        ("start: A\nA: /b(?<!c)d/", "in A"),
        ("start: /(a)\\1/", "reference to a group"),
        ("start: /b^a/", "anchor"),
        ("start: /\\p{L}/", "bad escape"),
        ("start: A\n%declare A", "%declare A"),
        ("start: pair{NAME}\npair{x}: x x\nNAME: /a/", "template"),
        ("start: NAME\n%import python.NAME", "%import python"),
        ("start: NAME\n%import .secrets.NAME", "%import secrets"),
        ("begin: NAME\nNAME: /a/", "no rule 'start'"),
        ("start: other", "'other' used but not defined"),
        ("start: %json {}", "."),
        ('start: "a" start', "no text fits"),
        ('start: a\na: b\nb: a "x" | b~2', "no text fits"),
    ],
)
def test_what_can_not_be_enforced_is_named(definition: str, named: str) -> None:
    with pytest.raises(TextError, match=named):
        Definition(definition).rules("text")


def test_what_is_ignored_does_not_go_on_without_end() -> None:
    for spaces in ("/\\s+/", '" "', '(" "|/\\t/)+', "/[ \\n]/"):
        definition = f'start: "a" "b"\n%ignore {spaces}\n%ignore /#[^\\n]*/'
        assert fits(definition, "a" + " " * 16 + "b")
        assert not fits(definition, "a " + "# " * 300 + "b")


def test_what_is_not_used_is_not_looked_at() -> None:
    assert fits("start: A\nA: /a/\nB: /b(?=c)/", "a")


GUIDE = (
    r"^(?P<month>January|February|March)\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?\s+(?P<year>\d{4})\s+"
    r"at\s+(?P<hour>0?[1-9]|1[0-2])(?P<ampm>AM|PM)$"
)


@pytest.mark.parametrize(
    "pattern",
    [
        GUIDE,
        r"[0-9]{3}-[0-9]{2}",
        r'"[ab]"|\\(c|[^d"])"',
        r'[^"]{3}',
        r"\A(?i:select [^a-k\d\W]+)\Z",
        r"(?s)a.b|(?a:\w{2}\W)",
        r"[^\w\s]*?\D\S(?:\t|\\|\"|/)+",
        r"(?i)[^aik-s]{1,4}",
        r"()x?",
    ],
)
def test_whatever_may_be_written_matches(pattern: str) -> None:
    source, random = source_of(Expression(pattern)), Random(3)
    texts = {json.loads(f'"{sample(source, random, 200)}"') for _ in range(200)}
    assert [text for text in texts if not re.fullmatch(pattern, text)] == []
    assert len(texts) >= 2


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (GUIDE, "March 3rd 2024 at 10AM"),
        (r"\w+", "Straße_漢字"),
        (r"\S+", "é!"),
        (r"(?x) a \ b  # a comment", "a b"),
        (r"(?i)strasse", "STRasse"),
        (r'"(ä|😀)"', '"😀"'),
    ],
)
def test_what_matches_may_be_written(pattern: str, text: str) -> None:
    assert accepts(source_of(Expression(pattern)), json.dumps(text, ensure_ascii=False)[1:-1])


@pytest.mark.parametrize(
    "pattern", ["(?=a)b", "a(?<!b)", r"(a)\1", r"\bword\b", "a^b", "a*+", "(?>a)", "[", "a{2,1}"]
)
def test_an_expression_that_can_not_be_enforced_is_refused(pattern: str) -> None:
    with pytest.raises(TextError):
        Expression(pattern)


def test_a_text_that_no_engine_could_take_is_a_problem() -> None:
    assert problem_of(source_of(Expression("a"))) is None
    assert problem_of(source_of(Definition('start: "a"'))) is None
