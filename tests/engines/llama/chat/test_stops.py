import pytest

from puna.core.events import TextDelta, TokenLogprob
from puna.engines.llama.chat.filters import StopFilter


def pieces(text: str, size: int) -> list[TextDelta]:
    """The text in pieces of that size, each a token."""
    parts = [text[place : place + size] for place in range(0, len(text), size)]
    return [
        TextDelta(0, part, (TokenLogprob(number, part, part.encode(), -1.0),)) for number, part in enumerate(parts)
    ]


def read(text: str, size: int, *stops: str) -> tuple[list[TextDelta], bool]:
    finder = StopFilter(0, stops)
    found: list[TextDelta] = []
    for piece in pieces(text, size):
        found += finder.feed(piece)
        if finder.found:
            return found, True
    return [*found, *finder.close()], False


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
@pytest.mark.parametrize(
    ("text", "stops", "expected", "found"),
    [
        ("one two three", (" three",), "one two", True),
        ("one two three", ("four",), "one two three", False),
        ("one two thr", (" three",), "one two thr", False),
        ("one two three", (" three", " two"), "one", True),
        ("ananas", ("nas",), "ana", True),
        ("stop", ("stop",), "", True),
        ("né 日本 ok", ("本",), "né 日", True),
        ("a a a ab", ("a ab",), "a a ", True),
    ],
)
def test_the_text_ends_before_the_first_stop_sequence(
    text: str, stops: tuple[str, ...], expected: str, found: bool, size: int
) -> None:
    deltas, ended = read(text, size, *stops)
    assert "".join(delta.text for delta in deltas) == expected
    assert ended == found


def test_nothing_waits_that_can_not_become_a_stop_sequence() -> None:
    finder = StopFilter(0, ["END", "\n\n"])
    assert [delta.text for delta in finder.feed(TextDelta(0, "a\n"))] == ["a"]
    assert [delta.text for delta in finder.feed(TextDelta(0, "b E"))] == ["\nb "]
    assert [delta.text for delta in finder.feed(TextDelta(0, "NDLESS"))] == []
    assert finder.found


def test_tokens_go_with_the_text_they_begin() -> None:
    deltas, _ = read("one two three", 4, "wo th")
    assert [(delta.text, [token.token for token in delta.logprobs]) for delta in deltas] == [
        ("one ", ["one "]),
        ("t", ["two "]),
    ]
