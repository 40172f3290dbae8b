"""A conversation, and the exact text that the chat template makes of it."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from training.sight.scenes import Scene

Json = dict[str, Any]

TOOLS_HEAD = "# Tools\n<tools>"
TOOLS_FOOT = (
    "\n</tools>\nTo call a function, answer with its name and arguments as JSON:\n"
    '<tool_call>\n{"name": <function-name>, "arguments": <args-json-object>}\n</tool_call><|im_end|>\n'
)
CHOICE = 3.0
"""How much the name of a called tool counts: few tokens that matter most."""
PICTURE = "\N{OBJECT REPLACEMENT CHARACTER}"
NO_THOUGHT = "<think>\n\n</think>\n\n"


@dataclass(frozen=True)
class Span:
    """A piece of text, or a picture; the model learns to write the learned ones, some more than others, and only to read
    the rest."""

    text: str
    learned: bool = False
    weight: float = 1.0
    picture: Scene | None = None


Document = Sequence[Span]


@dataclass(frozen=True)
class Call:
    """One call of a tool."""

    name: str
    arguments: Json

    def render(self, compact: bool) -> str:
        call = {"name": self.name, "arguments": self.arguments}
        return f"<tool_call>\n{dump(call, compact)}\n</tool_call>"


@dataclass(frozen=True)
class Message:
    """One message; `prefix` is text of the answer that was given and only has to be continued, and of `unforeseen` words
    nobody can learn when they come first. The `pictures` stand where the content has `PICTURE`."""

    role: str
    content: str = ""
    calls: Sequence[Call] = ()
    thought: str | None = None
    prefix: str = ""
    compact: bool = False
    unforeseen: Sequence[str] = ()
    pictures: Sequence[Scene] = ()


@dataclass(frozen=True)
class Conversation:
    """Messages and tools; every assistant message is learned, the last one with its thought."""

    messages: Sequence[Message]
    tools: Sequence[Json] = field(default=())

    def document(self) -> Document:
        return list(self._spans())

    def _spans(self) -> Iterator[Span]:
        yield Span(self._system())
        last = len(self.messages) - 1
        for index, message in enumerate(self.messages):
            if message.role == "assistant":
                yield from _answer(message, final=index == last)
            elif message.role == "tool":
                yield Span(self._tool_response(index))
            elif message.role != "system" or index:
                yield from _shown(f"<|im_start|>{message.role}\n{message.content}<|im_end|>\n", message.pictures)

    def _system(self) -> str:
        first = self.messages[0]
        content = first.content if first.role == "system" else ""
        if self.tools:
            lines = "".join("\n" + dump(tool) for tool in self.tools)
            head = content + "\n\n" if first.role == "system" else ""
            return f"<|im_start|>system\n{head}{TOOLS_HEAD}{lines}{TOOLS_FOOT}"
        return f"<|im_start|>system\n{content}<|im_end|>\n" if first.role == "system" else ""

    def _tool_response(self, index: int) -> str:
        before = self.messages[index - 1].role == "tool"
        after = index + 1 < len(self.messages) and self.messages[index + 1].role == "tool"
        start = "" if before else "<|im_start|>user"
        end = "" if after else "<|im_end|>\n"
        return f"{start}\n<tool_response>\n{self.messages[index].content}\n</tool_response>{end}"


def _shown(text: str, pictures: Sequence[Scene]) -> Iterator[Span]:
    """The text, with the pictures where they stand in it."""
    first, *rest = text.split(PICTURE) if pictures else [text]
    yield Span(first)
    for picture, following in zip(pictures, rest, strict=True):
        yield Span("", picture=picture)
        yield Span(following)


def _answer(message: Message, final: bool) -> Iterator[Span]:
    start = "<|im_start|>assistant\n"
    blocks = [message.content] if message.content else []
    blocks += [call.render(message.compact) for call in message.calls]
    text = "\n".join(blocks)
    if message.prefix:
        yield Span(start + NO_THOUGHT + message.prefix)
        text = text.removeprefix(message.prefix)
    elif final and message.thought is not None:
        yield Span(start + "<think>\n")
        text = f"{message.thought}\n</think>\n\n{text}"
    else:
        yield Span(start)
    text += "<|im_end|>"
    for call in message.calls:
        before, name, text = text.partition(call.name)
        yield Span(before, learned=True)
        yield Span(name, learned=True, weight=CHOICE)
    yield from foreseen(text, message.unforeseen)
    if not final:
        yield Span("\n")


def foreseen(text: str, unforeseen: Iterable[str]) -> Iterator[Span]:
    """The text to learn, without the places where the unforeseen words stand first: what nobody can know is only noise.

    A place begins with the space before the word, as the tokenizer's pieces of text do.
    """
    found = (re.search(rf"\b{re.escape(word)}\b", text) for word in set(unforeseen))
    places = sorted(place.span() for place in found if place)
    end = 0
    for start, stop in places:
        start -= text[start - 1 : start] == " "
        if start >= end:
            yield Span(text[end:start], learned=True)
            yield Span(text[start:stop])
            end = stop
    yield Span(text[end:], learned=True)


def dump(value: object, compact: bool = False) -> str:
    """JSON as the engine's templates write it, or without the spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":") if compact else None)


def system(content: str) -> Message:
    return Message("system", content)


def user(content: str, *pictures: Scene) -> Message:
    return Message("user", content, pictures=pictures)


def assistant(content: str, thought: str | None = None) -> Message:
    return Message("assistant", content, thought=thought)


def calling(*calls: Call, compact: bool = False) -> Message:
    return Message("assistant", calls=calls, compact=compact)


def result(content: str) -> Message:
    return Message("tool", content)
