import pytest

from puna.core.events import Event, ReasoningDelta, TextDelta, ToolCallDelta
from puna.core.tools import Tool
from puna.engines.llama.chat.harmony import HarmonyFilter
from puna.engines.llama.chat.offered import OfferedTools

THOUGHT = "<|channel|>analysis<|message|>I wonder.<|end|><|start|>assistant"
CALL = '<|channel|>commentary to=functions.add <|constrain|>json<|message|>{"a": "<|channel|>"}'


def read(text: str, size: int, *, final: bool = False) -> tuple[str, str, list[tuple[str | None, str]]]:
    """The thinking, the text and the calls."""
    reader = HarmonyFilter(0, OfferedTools([Tool(name="add")]), several=True, final=final)
    parts = [TextDelta(0, text[place : place + size]) for place in range(0, len(text), size)]
    events: list[Event] = [event for part in parts for event in reader.feed(part)]
    events += reader.close()
    calls: dict[int, list[ToolCallDelta]] = {}
    for event in events:
        if isinstance(event, ToolCallDelta):
            calls.setdefault(event.call, []).append(event)
    return (
        "".join(event.text for event in events if isinstance(event, ReasoningDelta)),
        "".join(event.text for event in events if isinstance(event, TextDelta)),
        [(pieces[0].name, "".join(piece.arguments for piece in pieces)) for pieces in calls.values()],
    )


@pytest.mark.parametrize("size", [1, 4, 1000])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{THOUGHT}<|channel|>final<|message|>It rains.", ("I wonder.", "It rains.", [])),
        ("<|channel|>final <|constrain|>json<|message|>{}", ("", "{}", [])),
        ("Good morning.", ("", "Good morning.", [])),
        ("<|message|>Good morning.", ("", "Good morning.", [])),
        (f"{THOUGHT}{CALL}", ("I wonder.", "", [("add", '{"a": "<|channel|>"}')])),
        (f"{THOUGHT}{CALL}<|call|>", ("I wonder.", "", [("add", '{"a": "<|channel|>"}')])),
        (
            f"{THOUGHT} to=functions.add<|channel|>commentary json<|message|>{{}}<|end|>",
            ("I wonder.", "", [("add", "{}")]),
        ),
        (
            f"<|channel|>commentary<|message|>Let me see.<|end|><|start|>assistant{CALL}",
            (
                "",
                "Let me see.",
                [("add", '{"a": "<|channel|>"}')],
            ),
        ),
        ('<|channel|>commentary to=browser.search<|message|>{"query": "x"}', ("", '{"query": "x"}', [])),
        ("<|channel|>analysis to=python code<|message|>print(1)", ("", "print(1)", [])),
        (f"{THOUGHT}{THOUGHT}<|channel|>final<|message|>a<|end|>", ("I wonder.\n\nI wonder.", "a", [])),
        ("<|channel|>analysis<|message|>Hm.<|channel|>final<|message|>Yes.", ("Hm.", "Yes.", [])),
        ("<|channel|>analysis<|message|>cut off", ("cut off", "", [])),
    ],
)
def test_channels_are_told_apart(text: str, expected: tuple[str, str, list[tuple[str, str]]], size: int) -> None:
    assert read(text, size) == expected


def test_a_final_message_that_the_prompt_has_begun() -> None:
    assert read("It rains.<|end|>", 3, final=True) == ("", "It rains.", [])
