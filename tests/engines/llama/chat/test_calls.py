import pytest

from puna.core.events import Event, TextDelta, ToolCallDelta
from puna.core.tools import Tool
from puna.engines.llama.chat.calls import JsonCallFilter, may_begin
from puna.engines.llama.chat.offered import OfferedTools
from puna.engines.llama.markup import ID, PUNA_SHAPE, CallShape

TOOLS = OfferedTools([Tool(name="add"), Tool(name="stop")])
LLAMA = CallShape('{"name": "', '", "parameters": ', "}")
CALL = '<tool_call>\n{"name": "add", "arguments": {"a": "}\\"{", "b": {"c": []}}}\n</tool_call>'
OTHER = CALL.replace('"c"', '"d"')
ARGUMENTS = '{"a": "}\\"{", "b": {"c": []}}'


def read(text: str, size: int, shape: CallShape = PUNA_SHAPE) -> tuple[str, list[tuple[str | None, str]]]:
    """The text and the calls (name, arguments) of what comes in pieces of that size."""
    reader = JsonCallFilter(0, shape, TOOLS, several=True)
    events: list[Event] = [
        event
        for place in range(0, len(text), size)
        for event in reader.feed(TextDelta(0, text[place : place + size]))
    ]
    events += reader.close()
    calls: dict[int, list[ToolCallDelta]] = {}
    for event in events:
        if isinstance(event, ToolCallDelta):
            calls.setdefault(event.call, []).append(event)
    assert all(pieces[0].id and pieces[0].name and pieces[0].arguments == "" for pieces in calls.values())
    assert all(piece.id is None and piece.name is None for pieces in calls.values() for piece in pieces[1:])
    written = [(pieces[0].name, "".join(piece.arguments for piece in pieces)) for pieces in calls.values()]
    return "".join(event.text for event in events if isinstance(event, TextDelta)), written


@pytest.mark.parametrize("size", [1, 2, 5, 11, 1000])
@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (CALL, ("", [("add", ARGUMENTS)])),
        (f"Let me see.\n{CALL}", ("Let me see.", [("add", ARGUMENTS)])),
        (f"{CALL}\n{OTHER}", ("", [("add", ARGUMENTS), ("add", ARGUMENTS.replace("c", "d"))])),
        ("<tool box> and <tool", ("<tool box> and <tool", [])),
        ("just text", ("just text", [])),
    ],
)
def test_calls_and_text_are_told_apart(text: str, parts: tuple[str, list[tuple[str, str]]], size: int) -> None:
    content, calls = read(text, size)
    assert (content.strip(), calls) == parts


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_shape_that_is_bare_json(size: int) -> None:
    text = '{"name": "add", "parameters": {"a": 1}}{"name": "stop", "parameters": {}}'
    assert read(text, size, LLAMA) == ("", [("add", '{"a": 1}'), ("stop", "{}")])


def test_a_call_that_is_cut_off_keeps_what_came() -> None:
    assert read(CALL[:45], 4) == ("", [("add", CALL[len('<tool_call>\n{"name": "add", "arguments": ') : 45])])


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_call_that_was_made_before_ends_the_answer(size: int) -> None:
    made = read(f"{CALL}\n{OTHER}\n{CALL}\n{OTHER}", size)[1]
    assert made == [("add", ARGUMENTS), ("add", ARGUMENTS.replace("c", "d"))]


def test_calls_that_share_a_section_and_have_numbers() -> None:
    shape = CallShape(
        f'[CALLS][{{"id": "{ID}", "name": "', '", "arguments": ', "}]", f'}}, {{"id": "{ID}", "name": "'
    )
    text = (
        '[CALLS][{"id": "a1", "name": "add", "arguments": {"a": 1}}, {"id": "b2", "name": "stop", "arguments": {}}]'
    )
    for size in (1, 3, 1000):
        assert read(text, size, shape) == ("", [("add", '{"a": 1}'), ("stop", "{}")])


def test_a_name_and_arguments_on_lines_of_their_own() -> None:
    shape = CallShape("<call>function<sep>", "\n```json\n", "\n```</call>")
    for size in (1, 4, 1000):
        assert read('<call>function<sep>add\n```json\n{"a": 1}\n```</call>', size, shape) == (
            "",
            [("add", '{"a": 1}')],
        )


@pytest.mark.parametrize(
    ("part", "text", "begins"),
    [
        (f', "id": "{ID}"}}]', ', "id": "000', True),
        (f', "id": "{ID}"}}]', ', "id": "0001"}', True),
        (f', "id": "{ID}"}}]', ', "id": "0001", ', False),
        ("}\n</tool_call>", "} </too", True),
        ("}\n</tool_call>", "} <b>", False),
        ("", "a", False),
    ],
)
def test_whether_a_part_begins_so(part: str, text: str, *, begins: bool) -> None:
    assert may_begin(part, text) == begins


@pytest.mark.parametrize("cut", ["}", "}\n</tool", '}\n</tool_call>\n<tool_call>\n{"name": "st'])
def test_what_a_limit_leaves_of_the_format_behind_a_call_is_no_text(cut: str) -> None:
    begun = CALL.removesuffix("}\n</tool_call>") + cut
    reader = JsonCallFilter(0, PUNA_SHAPE, TOOLS, several=True)
    events = [*reader.feed(TextDelta(0, begun)), *reader.close("length")]
    assert not [event for event in events if isinstance(event, TextDelta)]
