from pathlib import Path

import pytest

from puna.api.openai.responses.history import check_outputs, to_messages
from puna.api.openai.responses.input import read_input
from puna.api.openai.responses.preparation import without_older_thoughts
from puna.core.errors import InvalidRequest
from puna.core.messages import Message, Text, ToolCall
from puna.images.load import ImageLoader
from puna.state.seal import Seal

KINDS = [("function_call", "arguments"), ("custom_tool_call", "input")]


async def messages(tmp_path: Path, *items: dict[str, object]) -> tuple[Message, ...]:
    return await to_messages(read_input(items), Seal(tmp_path / "seal.key"), ImageLoader())


async def test_thoughts_text_and_calls_are_one_turn(tmp_path: Path) -> None:
    made = await messages(
        tmp_path,
        {"role": "user", "content": "?"},
        {"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]},
        {"role": "assistant", "content": "I ask."},
        {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"},
        {"type": "custom_tool_call", "call_id": "2", "name": "g", "input": 'say "x"'},
        {"type": "function_call_output", "call_id": "1", "output": "done"},
    )
    assert made[1] == Message(
        role="assistant",
        content=(Text("I ask."),),
        reasoning="hm",
        tool_calls=(ToolCall("1", "f", "{}"), ToolCall("2", "g", '{"input":"say \\"x\\""}')),
    )
    assert made[2] == Message(role="tool", content=(Text("done"),), tool_call_id="1")


async def test_thoughts_of_earlier_turns_can_be_left_out(tmp_path: Path) -> None:
    made = await messages(
        tmp_path,
        {"role": "user", "content": "?"},
        {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "old"}]},
        {"role": "assistant", "content": "Yes."},
        {"role": "user", "content": "Sure?"},
        {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "new"}]},
        {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "1", "output": "done"},
    )
    left = without_older_thoughts(made)
    assert [message.reasoning for message in made] == [None, "old", None, "new", None]
    assert [message.reasoning for message in left] == [None, None, None, "new", None]
    assert [message.text for message in left] == [message.text for message in made]


async def test_sealed_thoughts_come_back_and_forged_ones_do_not(tmp_path: Path) -> None:
    sealed = Seal(tmp_path / "seal.key").close("secret thoughts")
    item: dict[str, object] = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": sealed}
    [turn] = await messages(tmp_path, item)
    assert turn.reasoning == "secret thoughts"
    with pytest.raises(InvalidRequest, match="could not be verified"):
        await messages(tmp_path, item | {"encrypted_content": sealed[:-8] + "AAAAAAA="})


@pytest.mark.parametrize(("kind", "content"), KINDS)
async def test_a_call_that_was_cut_off_is_not_shown(tmp_path: Path, kind: str, content: str) -> None:
    call: dict[str, object] = {"type": kind, "call_id": "1", "name": "f", content: '{"a', "status": "incomplete"}
    assert await messages(tmp_path, {"role": "user", "content": "?"}, call) == (
        Message(role="user", content=(Text("?"),)),
    )


@pytest.mark.parametrize(("kind", "content"), KINDS)
def test_a_result_may_answer_a_call_of_this_or_of_an_earlier_input(kind: str, content: str) -> None:
    words = kind.replace("_", " ")
    call = read_input([{"type": kind, "call_id": "1", "name": "f", content: "{}"}])
    result = read_input([{"type": f"{kind}_output", "call_id": "1", "output": "x"}])
    check_outputs(call, result)
    check_outputs([], [*call, *result])
    check_outputs([{**call[0], "status": "incomplete"}], [])
    with pytest.raises(InvalidRequest, match=f"^No tool output found for {words} 1.$"):
        check_outputs(call, read_input("So?"))
    with pytest.raises(InvalidRequest, match=f"^No tool output found for {words} 1.$"):
        check_outputs([], [*call, *read_input("So?")])
    with pytest.raises(InvalidRequest, match=f"^No tool call found for {words} output with call_id 1.$"):
        check_outputs([], result)
    with pytest.raises(InvalidRequest, match=f"^No tool call found for {words} output with call_id 1.$"):
        check_outputs([], [*result, *call])


def test_a_result_of_one_kind_answers_no_call_of_the_other() -> None:
    call = read_input([{"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"}])
    result = read_input([{"type": "function_call_output", "call_id": "1", "output": "x"}])
    other = read_input([{"type": "custom_tool_call_output", "call_id": "1", "output": "x"}])
    with pytest.raises(InvalidRequest, match="No tool call found for custom tool call output"):
        check_outputs([*call, *result], other)
    with pytest.raises(InvalidRequest, match="No tool output found for function call"):
        check_outputs(call, other)
