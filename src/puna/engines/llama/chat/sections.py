"""Calls in a notation of their own between two marks, read when the section is complete."""

import ast
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import orjson

from puna.core.events import Event, FinishReason, ToolCallDelta
from puna.engines.llama.chat.calls import CallFilter
from puna.engines.llama.chat.offered import OfferedTools, new_call_id

Calls = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class SectionShape:
    """`start`, calls in a notation that `read` knows, `end`. `pattern` finds the notation in the probe of a
    template; `quote` is a tag around texts, where the notation has one."""

    start: str
    end: str
    pattern: re.Pattern[str]
    read: Callable[[str], Calls]
    quote: str = ""

    @property
    def marker(self) -> str:
        return self.start

    @property
    def tags(self) -> list[str]:
        return [self.start, self.end, *filter(None, [self.quote])]


class SectionFilter(CallFilter):
    """Passes the text up to the first section, and makes its calls `ToolCallDelta`s. A section that is no calls of
    offered tools is text."""

    def __init__(self, index: int, shape: SectionShape, tools: OfferedTools, *, several: bool) -> None:
        super().__init__(index, shape.start)
        self._shape = shape
        self._tools = tools
        self._several = several

    def close(self, reason: FinishReason = "stop") -> Sequence[Event]:
        events: list[Event] = []
        if self._read == self._marked and reason == "stop":
            self._section(self.held.text.lstrip().removeprefix(self._shape.start), len(self.held.text), events)
        return [*events, *self.rest()]

    def _marked(self, events: list[Event]) -> bool:
        text = self.held.text
        end = text.find(self._shape.end)
        if end < 0:
            return False
        self._section(
            text[text.index(self._shape.start) + len(self._shape.start) : end], end + len(self._shape.end), events
        )
        self._read = self._behind if self.calls else self._text
        return True

    def _behind(self, _: list[Event]) -> bool:
        """What follows calls. Their end, said once more, is no text."""
        text, end = self.held.text.lstrip(), self._shape.end
        if text.startswith(end):
            self.held.take(len(self.held.text) - len(text) + len(end))
            return True
        if end.startswith(text):
            return False
        self._read = self._text
        return True

    def _section(self, text: str, size: int, events: list[Event]) -> None:
        """The calls of a section's text, which with its marks has that size."""
        try:
            calls = self._shape.read(text)
        except (ValueError, SyntaxError, RecursionError):
            calls = []
        if not calls or any(name not in self._tools for name, _ in calls):
            events.append(self.held.take(size))
            return
        self.held.take(size)
        for name, arguments in calls:
            if self._several or not self.calls:
                events.append(ToolCallDelta(self._index, self.calls, "", new_call_id(), name))
                events.append(ToolCallDelta(self._index, self.calls, arguments))
            self.calls += 1


def python_calls(text: str) -> Calls:
    """Calls as Python writes them, in a list, `[get_weather(city="Paris", days=3)]`, or each in a line of its own.
    Raises ValueError or SyntaxError."""
    try:
        lines = ast.parse(text.strip()).body
    except SyntaxError:  # templates write line breaks into strings as they are
        lines = ast.parse(text.strip().replace("\n", "\\n")).body
    calls: Calls = []
    for call in (call for line in lines for call in listed(line)):
        if not isinstance(call, ast.Call) or call.args or any(word.arg is None for word in call.keywords):
            raise ValueError("no call with named arguments")
        arguments = {str(word.arg): literal(word.value) for word in call.keywords}
        calls.append((ast.unparse(call.func), orjson.dumps(arguments).decode()))
    return calls


def listed(line: ast.stmt) -> Sequence[ast.expr]:
    """What is in a line: the elements of its list, or the one expression that it is. Raises ValueError."""
    if not isinstance(line, ast.Expr):
        raise ValueError("no call")
    return line.value.elts if isinstance(line.value, ast.List) else [line.value]


def literal(node: ast.expr) -> object:
    """A value; JSON's words for true, false and null count as Python's."""
    if isinstance(node, ast.Name) and node.id in {"true", "false", "null"}:
        return orjson.loads(node.id)
    return ast.literal_eval(node)


GEMMA_QUOTE, ESCAPE = '<|"|>', "<escape>"
GEMMA_CALL = re.compile(r"\s*call:([\w.-]+)")
GEMMA_KEY = re.compile(r"([{,]\s*)([\w.$-]+)\s*:")


def gemma_calls(text: str, quote: str = GEMMA_QUOTE) -> Calls:
    """Calls as Gemma 4 writes them: `call:get_weather{city:<|"|>Paris<|"|>,days:3}`. Raises ValueError."""
    name = GEMMA_CALL.match(text)
    if name is None:
        raise ValueError("no call")
    parts = text[name.end() :].split(quote)
    written = [
        orjson.dumps(part).decode() if number % 2 else GEMMA_KEY.sub(r'\1"\2":', part)
        for number, part in enumerate(parts)
    ]
    arguments = orjson.loads("".join(written) or "{}")
    return [(name[1], orjson.dumps(arguments).decode())]


SECTIONS = (
    SectionShape("<|tool_call>", "<tool_call|>", re.compile(r"<\|tool_call>call:"), gemma_calls, GEMMA_QUOTE),
    SectionShape(
        "<start_function_call>",
        "<end_function_call>",
        re.compile(r"<start_function_call>call:"),
        partial(gemma_calls, quote=ESCAPE),
        ESCAPE,
    ),
    SectionShape(
        "<|tool_call_start|>", "<|tool_call_end|>", re.compile(r"<\|tool_call_start\|>\[\w+\("), python_calls
    ),
    SectionShape("<function_calls>", "</function_calls>", re.compile(r"<function_calls>\w+\("), python_calls),
)
