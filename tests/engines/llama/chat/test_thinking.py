import pytest

from puna.engines.llama.chat.thinking import ThinkingSplitter
from puna.engines.llama.markup import ThinkingTags

TAGS = ThinkingTags("<think>", "</think>")


def split(text: str, size: int, *, begun: bool = False) -> tuple[str, str]:
    """The thought and the answer of a text that comes in pieces of that size."""
    splitter = ThinkingSplitter(TAGS, begun=begun)
    pieces = [splitter.feed(text[place : place + size]) for place in range(0, len(text), size)]
    pieces.append(splitter.close())
    return "".join(thought for thought, _ in pieces), "".join(answer for _, answer in pieces)


@pytest.mark.parametrize("size", [1, 3, 7, 100])
@pytest.mark.parametrize(
    ("text", "begun", "parts"),
    [
        ("<think>\nI wonder.\n</think>\n\nYes, 1 < 2.", False, ("I wonder.", "Yes, 1 < 2.")),
        ("I wonder.\n</think>\n\nYes.", True, ("I wonder.", "Yes.")),
        ("Yes, without a thought.", False, ("", "Yes, without a thought.")),
        ("<thin ice>", False, ("", "<thin ice>")),
        ("<think>cut off in the mid", False, ("cut off in the mid", "")),
        ("<think></think>Yes.", False, ("", "Yes.")),
        ("<think>a </thing> b</think>c <think>d", False, ("a </thing> b", "c <think>d")),
        ("\n\n  <think>a</think>b", False, ("a", "b")),
    ],
)
def test_thought_and_answer_are_told_apart(text: str, begun: bool, parts: tuple[str, str], size: int) -> None:
    assert split(text, size, begun=begun) == parts
