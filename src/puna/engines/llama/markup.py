"""The marks around thinking and calls in a model's text."""

import re
from dataclasses import dataclass

FIRST_TAG = re.compile(r"\s*(<[^<>]+>|\[[^\[\]]+\])")


ID = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands for what a call is numbered with, which is the model's choice."""


@dataclass(frozen=True, slots=True)
class ThinkingTags:
    """The text around the thinking, without the white space beside it: `<think>`, `</think>`."""

    start: str
    end: str

    @property
    def tags(self) -> list[str]:
        """Everything in them that may be a token of its own."""
        return [self.start, self.end, *re.findall(r"<[^<>]+>", self.start + self.end)]

    def closed_in(self, prompt: str) -> bool:
        """Whether a prompt ends with the end of a thinking. One of several tags may be the end of another turn, too,
        and counts with its start only."""
        prompt = prompt.rstrip()
        before = prompt.removesuffix(self.end).rstrip()
        return prompt.endswith(self.end) and (self.end.count("<") == 1 or before.endswith(self.start))


@dataclass(frozen=True, slots=True)
class CallShape:
    """How a tool call is written: `prefix`, the name, `middle`, the arguments as JSON, `suffix`. Several calls are
    written one after the other, or with `between` in place of a suffix and the next prefix. Each part may have an
    `ID` in it. `escaped` says that arguments are ASCII, and other characters `\\u` escapes."""

    prefix: str
    middle: str
    suffix: str
    between: str = ""
    escaped: bool = False

    @property
    def marker(self) -> str:
        """The beginning of the prefix that tells a call from text: its first tag, or all of it."""
        tag = FIRST_TAG.match(self.prefix)
        return (tag[0] if tag else self.prefix.rstrip()).partition(ID)[0]

    @property
    def tags(self) -> list[str]:
        """Everything in it that may be a token of its own."""
        return re.findall(r"<[^<>]+>|\[[A-Z_]+\]", self.prefix + self.middle + self.suffix + self.between)

    @property
    def keys(self) -> tuple[str, str]:
        """Where a call is nothing but JSON: the keys of the name and of the arguments."""
        name, arguments = re.findall(r'"(\w+)":', self.prefix + self.middle)[-2:]
        return name, arguments

    @property
    def bare(self) -> bool:
        """Whether a call is nothing but JSON, so that its beginning does not tell it from other JSON."""
        return self.prefix.lstrip("[ \n").startswith("{")


PUNA_SHAPE = CallShape('<tool_call>\n{"name": "', '", "arguments": ', "}\n</tool_call>")
"""What Puna asks for where the template has no form of its own; the one that most models have seen."""


HARMONY = CallShape("<|channel|>commentary to=functions.", " <|constrain|>json<|message|>", "")
"""A call in the format of gpt-oss, where an answer is made of messages with a header each."""


def overlap(pattern: str, text: str) -> int:
    """How much of the pattern's beginning the text ends with."""
    place = max(0, len(text) - len(pattern))
    while (place := text.find(pattern[:1], place)) >= 0:
        if pattern.startswith(text[place:]):
            return len(text) - place
        place += 1
    return 0
