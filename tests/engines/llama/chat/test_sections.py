"""Calls in notations of their own, between two marks."""

import pytest

from puna.core.events import Event, TextDelta, ToolCallDelta
from puna.core.tools import Tool
from puna.engines.llama.chat.offered import OfferedTools
from puna.engines.llama.chat.sections import SECTIONS, SectionFilter

TOOLS = [Tool(name="get_weather"), Tool(name="get_time")]
FUNCTION_GEMMA = (
    '<start_function_call>call:get_weather{city:<escape>Paris, {here}: "x"<escape>,days:3}<end_function_call>'
    "<start_function_call>call:get_time{}<end_function_call>"
)
GEMMA_4 = FUNCTION_GEMMA.replace("<start_function_call>", "<|tool_call>").replace(
    "<end_function_call>", "<tool_call|>"
)

OLMO_3 = '<function_calls>get_weather(city="Paris, {here}: \\"x\\"", days=3)\nget_time()</function_calls>'
LFM_2 = '<|tool_call_start|>[get_weather(city="Paris, {here}: \\"x\\"", days=3), get_time()]<|tool_call_end|>'


def read(text: str, *, at_once: int) -> list[Event]:
    [shape] = [shape for shape in SECTIONS if shape.pattern.search(text)]
    chosen = SectionFilter(0, shape, OfferedTools(TOOLS), several=True)
    events: list[Event] = []
    for place in range(0, len(text), at_once):
        events += chosen.feed(TextDelta(0, text[place : place + at_once]))
    return [*events, *chosen.close()]


@pytest.mark.parametrize("text", [FUNCTION_GEMMA, GEMMA_4.replace("<escape>", '<|"|>'), OLMO_3, LFM_2])
@pytest.mark.parametrize("at_once", [1, 7, 1000])
def test_calls_are_read_as_the_models_write_them(text: str, at_once: int) -> None:
    calls = [event for event in read(text, at_once=at_once) if isinstance(event, ToolCallDelta)]
    assert [call.name for call in calls if call.name] == ["get_weather", "get_time"]
    assert [call.arguments for call in calls if call.arguments] == [
        '{"city":"Paris, {here}: \\"x\\"","days":3}',
        "{}",
    ]


def test_a_call_of_no_offered_tool_is_text() -> None:
    text = "<start_function_call>call:other{}<end_function_call>"
    events = read(text, at_once=5)
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == text


@pytest.mark.parametrize("inside", ["1 + 1", "import os", 'get_weather("Paris")', "get_weather(city=Paris)", ""])
def test_what_is_no_call_is_text(inside: str) -> None:
    text = f"<function_calls>get_time()\n{inside}</function_calls>" if inside else "<function_calls></function_calls>"
    [shape] = [shape for shape in SECTIONS if shape.start == "<function_calls>"]
    chosen = SectionFilter(0, shape, OfferedTools(TOOLS), several=True)
    events = [*chosen.feed(TextDelta(0, text)), *chosen.close()]
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == text


@pytest.mark.parametrize("text", [FUNCTION_GEMMA, OLMO_3, LFM_2])
@pytest.mark.parametrize("at_once", [1, 7, 1000])
def test_an_end_that_is_said_twice_is_no_text(text: str, at_once: int) -> None:
    [shape] = [shape for shape in SECTIONS if shape.pattern.search(text)]
    events = read(f"{text}\n{shape.end}", at_once=at_once)
    assert "".join(event.text for event in events if isinstance(event, TextDelta)).strip() == ""
    events = read(f"{text}\nThat is all.", at_once=at_once)
    assert "".join(event.text for event in events if isinstance(event, TextDelta)).strip() == "That is all."
