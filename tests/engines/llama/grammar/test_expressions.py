import json
import re
import sys
from random import Random

import pytest

from puna.engines.llama.grammar.expressions import MATCHED, WRITTEN, read_expression
from puna.engines.llama.grammar.gbnf import Grammar
from puna.engines.llama.grammar.lexemes import Lexeme, written
from puna.engines.llama.grammar.patterns import UnsupportedPattern
from tests.gbnf import accepts, sample

GUIDE = (
    r"^(?P<month>January|February|March)\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?\s+(?P<year>\d{4})\s+"
    r"at\s+(?P<hour>0?[1-9]|1[0-2])(?P<ampm>AM|PM)$"
)


def compiled(pattern: str) -> tuple[str, str]:
    grammar = Grammar()
    rule = grammar.add("text", written(grammar, read_expression(pattern, whole=True)))
    return grammar.text(), rule


@pytest.mark.parametrize(
    "pattern",
    [
        GUIDE,
        r"[0-9]{3}-[0-9]{2}",
        r"^a|b$",
        r"\A(?i:select [^a-k\d\W]+)\Z",
        r"(?s)a.b|(?a:\w{2}\W)",
        r"[^\w\s]*?\D\S(?:\t|\\|\"|/)+",
        r"(?i)[^aik-s]{1,4}",
        r"()x?",
    ],
)
def test_whatever_may_be_written_matches(pattern: str) -> None:
    source, rule = compiled(pattern)
    random = Random(3)
    texts = {json.loads(f'"{sample(source, rule, random)}"') for _ in range(300)}
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
    ],
)
def test_what_matches_may_be_written(pattern: str, text: str) -> None:
    source, rule = compiled(pattern)
    assert accepts(source, json.dumps(text, ensure_ascii=False)[1:-1], rule)


@pytest.mark.parametrize(
    "pattern", ["(?=a)b", "a(?<!b)", r"(a)\1", r"\bword\b", "a^b", "a*+", "(?>a)", "[", "a{2,1}"]
)
def test_what_can_not_be_enforced_is_refused(pattern: str) -> None:
    with pytest.raises(UnsupportedPattern):
        compiled(pattern)


@pytest.mark.parametrize(("name", "sign"), [("DIGIT", r"\d"), ("WORD", r"\w"), ("SPACE", r"\s")])
def test_a_class_writes_nothing_that_does_not_match_and_misses_nothing_that_does(name: str, sign: str) -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    matching = set(map(ord, re.findall(sign, everything)))
    covered = [{code for low, high in table[name] for code in range(low, high + 1)} for table in (WRITTEN, MATCHED)]
    assert covered[0] <= matching <= covered[1]


@pytest.mark.parametrize(
    ("pattern", "longer"),
    [
        ("abc", ""),
        ("a+", "a"),
        ("<|<=", "="),
        (r"[0-9]{4}", ""),
        (r"1(\.2)?", "."),
        ("(ab)*c?", "ac"),
        ("a{2,3}", "a"),
    ],
)
def test_what_would_go_on_with_a_terminal_is_known(pattern: str, longer: str) -> None:
    found = Lexeme(read_expression(pattern)).longer
    assert "".join(chr(code) for low, high in found for code in range(low, high + 1)) == longer
