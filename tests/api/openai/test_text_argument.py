import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from puna.api.openai.text_argument import StringInside, TextArgument, text_of

TEXTS = st.text(alphabet=st.one_of(st.sampled_from('"\\/{}u \n\té😀\ud7ff\ue000'), st.characters(codec="utf-8")))


def read(pieces: list[str]) -> list[str]:
    """What each piece adds, and the end."""
    argument = TextArgument()
    return [*(argument.feed(piece) for piece in pieces), argument.close()]


@given(TEXTS, st.booleans(), st.sampled_from(['{"input": %s}', '{"input":%s}', ' {\n "input" :\t%s }\n']), st.data())
def test_the_text_is_the_same_however_its_arguments_are_cut(
    text: str, escaped: bool, form: str, data: st.DataObject
) -> None:
    arguments = form % json.dumps(text, ensure_ascii=escaped)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(arguments)), max_size=9)))
    pieces = [arguments[start:end] for start, end in zip([0, *cuts], [*cuts, len(arguments)], strict=True)]
    assert "".join(read(pieces)) == text
    assert "".join(read(list(arguments))) == text
    assert text_of(arguments) == text


@given(TEXTS)
def test_each_character_comes_as_soon_as_it_is_complete(text: str) -> None:
    argument = TextArgument()
    assert argument.feed('{"input": "') == ""
    for character in text:
        assert argument.feed(json.dumps(character)[1:-1]) == character


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (r'{"input": "\ud83d\ude00"}', "😀"),
        (r'{"input": "\ud83d"}', "\ufffd"),
        (r'{"input": "\ud83dx"}', "\ufffdx"),
        (r'{"input": "\ud83d\ud83d\ude00"}', "\ufffd😀"),
        (r'{"input": "\ude00a"}', "\ufffda"),
        (r'{"input": "\d+ \u12"}', r"\d+ \u12"),
        (r'{"input": "a\"}", "b": "c"}', 'a"}'),
        (r'{"input": ""}', ""),
        (r'{"input": "cut o', "cut o"),
        (r'{"input": "cut \u00e', "cut "),
        (r'{"input": "cut \ud83d\ude', "cut \ufffd"),
        (r'{"inp', ""),
        ("", ""),
        ("ls -l", "ls -l"),
        ('{"command": "ls"}', '{"command": "ls"}'),
        ('{"command": "ls", "input": "x"}', "x"),
        (r'{"\u0069nput": "x"}', "x"),
        ('{"input": 5}', '{"input": 5}'),
        ('["input"]', '["input"]'),
        ('{"in put": "x"}', '{"in put": "x"}'),
    ],
)
def test_what_is_cut_off_or_of_another_form(arguments: str, text: str) -> None:
    assert text_of(arguments) == text == "".join(read(list(arguments)))


def test_nothing_is_kept_of_a_text_that_was_given_out() -> None:
    """So a text of any length costs what its pieces cost, and no more."""
    inside = StringInside()
    for _ in range(1000):
        assert inside.feed("abc\\n") == "abc\n"
    assert max(len(value) for value in vars(inside).values() if isinstance(value, str)) == 0
