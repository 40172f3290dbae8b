import pytest

from puna.core.events import ReasoningDelta, TextDelta
from puna.engines.llama.chat.thinking import ThinkingFilter
from puna.engines.llama.markup import ThinkingTags

TAGS = ThinkingTags("<think>", "</think>")
SOLAR = ThinkingTags("<|think|>", "<|end|><|begin|>assistant")


def split(text: str, size: int, *, begun: bool = False) -> tuple[str, str]:
    """The thought and the answer of a text that comes in pieces of that size."""
    reader = ThinkingFilter(0, TAGS, begun=begun)
    parts = [TextDelta(0, text[place : place + size]) for place in range(0, len(text), size)]
    events = [event for part in parts for event in reader.feed(part)] + list(reader.close())
    thought = "".join(event.text for event in events if isinstance(event, ReasoningDelta))
    return thought, "".join(event.text for event in events if isinstance(event, TextDelta))


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


@pytest.mark.parametrize(
    ("tags", "prompt", "closed"),
    [
        (TAGS, "…<|assistant|><think>\n\n</think>\n\n", True),
        (TAGS, "…<|assistant|></think>", True),
        (TAGS, "…<|assistant|><think>\n", False),
        (SOLAR, "?<|end|><|begin|>assistant", False),
        (SOLAR, "?<|end|><|begin|>assistant<|think|><|end|><|begin|>assistant", True),
    ],
)
def test_a_prompt_has_closed_the_thinking_or_not(tags: ThinkingTags, prompt: str, closed: bool) -> None:
    assert tags.closed_in(prompt) == closed
