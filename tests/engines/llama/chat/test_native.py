from typing import Any

from puna.core.events import Event, ToolCallDelta
from puna.engines.llama.chat.native import ChatReader


def chunk(call: int) -> dict[str, Any]:
    function = {"name": "get_weather", "arguments": "{}"}
    delta = {"tool_calls": [{"index": call, "function": function}]}
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}


def calls(reader: ChatReader) -> list[int]:
    events: list[Event] = [event for call in (0, 1, 0) for event in reader.read(chunk(call))]
    return [event.call for event in events if isinstance(event, ToolCallDelta)]


def test_all_calls_are_read() -> None:
    assert calls(ChatReader()) == [0, 1, 0]


def test_where_one_call_is_wanted_the_others_are_passed_over() -> None:
    assert calls(ChatReader(several=False)) == [0, 0]
