"""How long an answer is to be, in words: there is no other way to a model that was not trained for the setting."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from puna.core.messages import Message, Text

Verbosity = Literal["low", "medium", "high"]

HINTS: dict[str, str] = {
    "low": "Answer as briefly as you can.",
    "high": "Answer in detail, and explain what you say.",
}


def with_verbosity(messages: Sequence[Message], verbosity: Verbosity | None) -> tuple[Message, ...]:
    """The messages with a sentence more at the end of the first system message, which is made where there is none.
    Nothing changes for `medium`."""
    hint = HINTS.get(verbosity or "medium")
    if hint is None:
        return tuple(messages)
    if messages and messages[0].role == "system":
        first = messages[0]
        return (replace(first, content=(*first.content, Text(f"\n\n{hint}"))), *messages[1:])
    return (Message(role="system", content=(Text(hint),)), *messages)
