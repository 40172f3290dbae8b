"""The marks around thinking and calls in a model's text."""

import re
from dataclasses import dataclass

FIRST_TAG = re.compile(r"\s*(<[^<>]+>|\[[^\[\]]+\])")


@dataclass(frozen=True, slots=True)
class ThinkingTags:
    """The text around the thinking, without the white space beside it: `<think>`, `</think>`."""

    start: str
    end: str


@dataclass(frozen=True, slots=True)
class CallShape:
    """How a tool call is written: `prefix`, the name, `middle`, the arguments as JSON, `suffix`."""

    prefix: str
    middle: str
    suffix: str

    @property
    def marker(self) -> str:
        """The beginning of the prefix that tells a call from text: its first tag, or all of it."""
        tag = FIRST_TAG.match(self.prefix)
        return tag[0] if tag else self.prefix.rstrip()

    @property
    def tags(self) -> list[str]:
        """Everything in it that may be a token of its own."""
        return re.findall(r"<[^<>]+>|\[[A-Z_]+\]", self.prefix + self.middle + self.suffix)


PUNA_SHAPE = CallShape('<tool_call>\n{"name": "', '", "arguments": ', "}\n</tool_call>")
"""What Puna asks for where the template has no form of its own; the one that most models have seen."""


def overlap(pattern: str, text: str) -> int:
    """How much of the pattern's beginning the text ends with."""
    place = max(0, len(text) - len(pattern))
    while (place := text.find(pattern[:1], place)) >= 0:
        if pattern.startswith(text[place:]):
            return len(text) - place
        place += 1
    return 0
