import json

import pytest

from puna.core.events import Event, FinishReason, TextDelta, ToolCallDelta
from puna.core.tools import Tool
from puna.engines.llama.chat.tagged import KEY, TaggedFilter, TaggedShape

QWEN = TaggedShape(
    prefix="<tool_call>\n<function=",
    name_end=(">", ""),
    key_start="<parameter=",
    key_end=(">", ""),
    value_end="\n</parameter>",
    call_end="</function>\n</tool_call>",
)
GLM = TaggedShape(
    prefix="<tool_call>",
    name_end=("", ""),
    key_start="<arg_key>",
    key_end=("</arg_key>\n<arg_value>", ""),
    value_end="</arg_value>",
    call_end="</tool_call>",
)
MINIMAX = TaggedShape(
    prefix="<invoke name=",
    name_end=(">", ""),
    key_start="<",
    key_end=(">", ""),
    value_end=f"</{KEY}>",
    call_end="</invoke>",
    section="<calls>",
    section_end="</calls>",
)
TOOLS = [
    Tool(
        name="write",
        parameters={
            "type": "object",
            "properties": {"path": {"type": "string"}, "lines": {"type": "integer"}, "any": {}},
        },
    ),
    Tool(name="write_all"),
]
CALL = (
    '<tool_call>\n<function=write>\n<parameter=path>\na <b>\n\n"c"\n</parameter>\n'
    "<parameter=lines>\n3\n</parameter>\n</function>\n</tool_call>"
)
ARGUMENTS = r'{"path":"a <b>\n\n\"c\"","lines":3}'


def read(
    text: str, size: int, shape: TaggedShape = QWEN, *, several: bool = True, reason: FinishReason = "stop"
) -> tuple[str, list[tuple[str | None, str]]]:
    reader = TaggedFilter(0, shape, TOOLS, several=several)
    parts = [TextDelta(0, text[place : place + size]) for place in range(0, len(text), size)]
    events: list[Event] = [event for part in parts for event in reader.feed(part)]
    events += reader.close(reason)
    calls: dict[int, list[ToolCallDelta]] = {}
    for event in events:
        if isinstance(event, ToolCallDelta):
            calls.setdefault(event.call, []).append(event)
    written = [(pieces[0].name, "".join(piece.arguments for piece in pieces)) for pieces in calls.values()]
    return "".join(event.text for event in events if isinstance(event, TextDelta)), written


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CALL, ("", [("write", ARGUMENTS)])),
        (f"Let me see.\n{CALL}", ("Let me see.", [("write", ARGUMENTS)])),
        (f"{CALL}\n{CALL}", ("", [("write", ARGUMENTS)] * 2)),
        (CALL.replace("=write", "=write_all"), ("", [("write_all", ARGUMENTS.replace("3", "3"))])),
        (CALL.replace("=write", "=read"), (CALL.replace("=write", "=read"), [])),
        (CALL.replace("=write", "=written"), (CALL.replace("=write", "=written"), [])),
        (f"{CALL}</tool_call>", ("", [("write", ARGUMENTS)])),
        ("<tool_call>\n<function=write>\n</function>\n</tool_call>", ("", [("write", "{}")])),
        ("<tool_call> is a tag", ("<tool_call> is a tag", [])),
        ("1 < 2 <tool", ("1 < 2 <tool", [])),
    ],
)
def test_calls_and_text_are_told_apart(text: str, expected: tuple[str, list[tuple[str, str]]], size: int) -> None:
    said, calls = read(text, size)
    assert (said.strip(), calls) == expected


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_a_call_without_its_last_tags_is_complete_unless_a_limit_cut_it(size: int) -> None:
    for cut in ("</tool_call>", "\n</function>\n</tool_call>", "\n</parameter>\n</function>\n</tool_call>"):
        assert read(CALL.removesuffix(cut), size)[1] == [("write", ARGUMENTS)]
    assert read(CALL[: CALL.index("\n\n")], size, reason="length")[1] == [("write", '{"path":"a <b>')]


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_other_tags(size: int) -> None:
    text = (
        "<tool_call>write\n<arg_key>path</arg_key>\n<arg_value>a</arg_value>\n"
        "<arg_key>any</arg_key>\n<arg_value>[1]</arg_value>\n</tool_call>"
    )
    assert read(text, size, GLM) == ("", [("write", '{"path":"a","any":[1]}')])
    text = "<calls>\n<invoke name=write><path>a</path><any>b c</any></invoke>\n<invoke name=write></invoke></calls>"
    assert read(text, size, MINIMAX) == ("", [("write", '{"path":"a","any":"b c"}'), ("write", "{}")])


def test_where_one_call_is_wanted_the_others_are_passed_over() -> None:
    assert read(f"{CALL}\n{CALL}", 4, several=False) == ("", [("write", ARGUMENTS)])


def test_a_long_text_comes_while_it_is_written() -> None:
    reader = TaggedFilter(0, QWEN, TOOLS, several=True)
    reader.feed(TextDelta(0, "<tool_call>\n<function=write>\n<parameter=path>\n"))
    [event] = reader.feed(TextDelta(0, "a line of it"))
    assert isinstance(event, ToolCallDelta)
    assert event.arguments == "a line of it"


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_a_value_in_cdata_is_the_text_in_it(size: int) -> None:
    shape = TaggedShape('<function name="', ('">', ""), '<param name="', ('">', ""), "</param>", "</function>")
    tool = Tool(name="f", parameters={"properties": {"a": {"type": "string"}}})
    reader = TaggedFilter(0, shape, (tool,), several=True)
    text = '<function name="f"><param name="a"><![CDATA[1 < 2\n]]></param><param name="b"><b</param></function>'
    pieces = [TextDelta(0, text[place : place + size]) for place in range(0, len(text), size)]
    events = [event for piece in pieces for event in reader.feed(piece)]
    made = "".join(event.arguments for event in [*events, *reader.close()] if isinstance(event, ToolCallDelta))
    assert json.loads(made) == {"a": "1 < 2\n", "b": "<b"}
