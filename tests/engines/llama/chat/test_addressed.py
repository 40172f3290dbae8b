"""Messages with a recipient each."""

import pytest

from puna.core.events import Event, TextDelta, ToolCallDelta
from puna.core.tools import Tool
from puna.engines.llama.chat.addressed import AddressedFilter
from puna.engines.llama.chat.offered import OfferedTools
from puna.engines.llama.markup import CallShape

SHAPE = CallShape("", "\n", "", ">>>")
TOOLS = OfferedTools([Tool(name="add"), Tool(name="add_all")])


def read(text: str, size: int, *, several: bool = True) -> tuple[str, list[tuple[str, str]]]:
    """The text and the calls of what comes in pieces of that size."""
    chosen = AddressedFilter(0, SHAPE, TOOLS, several=several)
    parts = [TextDelta(0, text[place : place + size]) for place in range(0, len(text), size)]
    events: list[Event] = [*(event for part in parts for event in chosen.feed(part)), *chosen.close()]
    calls: dict[int, tuple[str, str]] = {}
    for event in events:
        if isinstance(event, ToolCallDelta):
            name, arguments = calls.get(event.call, ("", ""))
            calls[event.call] = (name + (event.name or ""), arguments + event.arguments)
    return "".join(event.text for event in events if isinstance(event, TextDelta)), list(calls.values())


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Good morning.", ("Good morning.", [])),
        ("add", ("add", [])),
        ("add one to it", ("add one to it", [])),
        ("1 >>> 0 and >>>add", ("1 >>> 0 and >>>add", [])),
        ('add\n{"a": "}"}', ("", [("add", '{"a": "}"}')])),
        ('add_all\n{}>>>add\n{"a": 1}', ("", [("add_all", "{}"), ("add", '{"a": 1}')])),
        ('Let me see.>>>add\n{"a": 1}', ("Let me see.", [("add", '{"a": 1}')])),
        ("add\n{}>>>all\nThat is it.", ("That is it.", [("add", "{}")])),
        ('subtract\n{"a": 1}', ('subtract\n{"a": 1}', [])),
        ('add\n{"a": "cut o', ("", [("add", '{"a": "cut o')])),
    ],
)
def test_messages_to_tools_are_calls(text: str, parts: tuple[str, list[tuple[str, str]]], size: int) -> None:
    assert read(text, size) == parts


def test_one_call_where_one_is_wanted() -> None:
    assert read("add\n{}>>>add_all\n{}", 1000, several=False) == ("", [("add", "{}")])
