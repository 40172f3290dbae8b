import pytest

from puna.core.events import Event, FinishReason, TextDelta, ToolCallDelta
from puna.core.tools import Tool
from puna.engines.llama.chat.loose import LooseCallFilter
from puna.engines.llama.chat.offered import OfferedTools

PARAMETERS = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
TOOLS = OfferedTools([Tool(name="add", parameters=PARAMETERS), Tool(name="stop")])
ADD = ("add", '{"a":1}')


def read(
    text: str, size: int, *, several: bool = True, reason: FinishReason = "stop", own: tuple[str, str] | None = None
) -> tuple[str, list[tuple[str | None, str]]]:
    reader = LooseCallFilter(0, TOOLS, several=several, own=own)
    parts = [TextDelta(0, text[place : place + size]) for place in range(0, len(text), size)]
    events: list[Event] = [event for part in parts for event in reader.feed(part)]
    events += reader.close(reason)
    calls = [event for event in events if isinstance(event, ToolCallDelta)]
    named = [(call.name, after.arguments) for call, after in zip(calls[::2], calls[1::2], strict=True)]
    return "".join(event.text for event in events if isinstance(event, TextDelta)), named


CALLS = [
    '{"name": "add", "arguments": {"a": 1}}',
    '\n {"name": "add", "parameters": {"a": 1}}\n',
    '```json\n{"name": "add", "arguments": {"a": 1}}\n```',
    '```\n{"name": "add", "arguments": {"a": 1}}',
    '[{"name": "add", "arguments": {"a": 1}}]',
    '<tools>\n{"name": "add", "arguments": {"a": 1}}\n</tools>',
    '<tool_call>{"arguments": {"a": 1}, "name": "add"}',
    '{"type": "function", "function": {"name": "add", "arguments": "{\\"a\\": 1}"}}',
    '{"add": {"a": 1}}',
    '{"id": "x", "tool_name": "add", "parameters": {"a": 1}}',
]
TEXTS = [
    '{"answer": 42}',
    '{"name": "Ada"}',
    '{"name": "add", "arguments": {"a": "one"}}',
    '{"name": "add", "arguments": {}}',
    '{"name": "sub", "arguments": {"a": 1}}',
    '{"name": "add", "arguments": {"a": 1}} would do.',
    'Call {"name": "add", "arguments": {"a": 1}}',
    '{"name": "add", "arguments": {"a": 1}, "why": "so"}',
    '[{"name": "add", "arguments": {"a": 1}}, 7]',
    '{"name": "add", "arguments": {"a": 1}',
    "```python\nadd(1)\n```",
    "[1, 2]",
    "<b>no</b>",
    "",
]


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize("text", CALLS)
def test_an_answer_that_is_nothing_but_a_call_is_one(text: str, size: int) -> None:
    assert read(text, size) == ("", [ADD])


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize("text", TEXTS)
def test_anything_else_stays_text(text: str, size: int) -> None:
    assert read(text, size) == (text, [])


def test_several_calls() -> None:
    text = '{"name": "add", "arguments": {"a": 1}}\n{"name": "stop"}'
    assert read(text, 5) == ("", [ADD, ("stop", "{}")])
    assert read(text, 5, several=False) == ("", [ADD])


def test_what_a_limit_cut_is_text() -> None:
    assert read(CALLS[0][:-2], 4, reason="length") == (CALLS[0][:-2], [])


def test_a_call_as_the_model_was_taught_need_not_fit() -> None:
    text = '{"name": "add", "parameters": {"a": "1"}}'
    assert read(text, 4, own=("name", "parameters")) == ("", [("add", '{"a": "1"}')])
    assert read(text, 4) == (text, [])


def test_text_that_can_be_no_call_does_not_wait() -> None:
    reader = LooseCallFilter(0, TOOLS, several=True)
    assert reader.feed(TextDelta(0, '{"na')) == []
    assert [event.text for event in reader.feed(TextDelta(0, 'tion": "')) if isinstance(event, TextDelta)] == [
        '{"nation": "'
    ]


REPEATED = '{"name": "add", "arguments": {"a": 1}}'
OTHER = '{"name": "add", "arguments": {"a": 2}}'


@pytest.mark.parametrize("between", ["\n", ", ", "\n```\n```json\n", "</tool_call>\n<tool_call>"])
@pytest.mark.parametrize("begin", ["", "[", "```json\n", "<tool_call>\n"])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_call_that_is_repeated_ends_the_answer(begin: str, between: str, size: int) -> None:
    text = begin + between.join([REPEATED, OTHER, REPEATED, REPEATED[:20]])
    assert read(text, size, reason="length") == ("", [ADD, ("add", '{"a":2}')])


def test_of_calls_that_a_limit_has_cut_the_complete_ones_are_calls() -> None:
    text, calls = read(f"{REPEATED}\n{OTHER}\n{REPEATED[:30]}", 5, reason="length")
    assert (text.strip(), calls) == (REPEATED[:30], [ADD, ("add", '{"a":2}')])


def test_what_a_limit_has_cut_is_text_where_it_is_not_only_calls() -> None:
    text = f'{REPEATED}\n{{"name": "multiply"}} {REPEATED}'
    assert read(text, 5, reason="length") == (text, [])
