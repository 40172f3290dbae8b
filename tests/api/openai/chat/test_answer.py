import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

from puna.api.openai.chat.answer import ChatAnswer
from puna.core.events import Done, Event, Finished, ReasoningDelta, TextDelta, ToolCallDelta, Usage
from puna.http.sse import DONE

EVENTS: list[Event] = [
    ReasoningDelta(0, "Hm."),
    TextDelta(0, "Let me see."),
    ToolCallDelta(0, 0, "", "call_1", "add"),
    ToolCallDelta(0, 0, "{}"),
    Finished(0, "tool_calls"),
    Done(Usage(1, 2, 0, 1)),
]


async def events(*given: Event | Exception, after: asyncio.Event | None = None) -> AsyncGenerator[Event, None]:
    if after:
        await after.wait()
    for event in given:
        if isinstance(event, Exception):
            raise event
        yield event


async def deltas(answer: ChatAnswer) -> list[dict[str, Any]]:
    blocks = [block async for block in answer.stream(include_usage=False)]
    lines = b"".join(blocks).removesuffix(DONE).split(b"\n\n")
    data = [json.loads(line.removeprefix(b"data: ")) for line in lines if line]
    return [chunk["choices"][0]["delta"] if "choices" in chunk else chunk for chunk in data]


async def test_thinking_text_and_calls_of_a_whole_answer() -> None:
    [choice] = (await ChatAnswer("tiny", events(*EVENTS)).whole())["choices"]
    call = {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": "{}"}}
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"] == {
        "role": "assistant",
        "content": "Let me see.",
        "refusal": None,
        "reasoning": "Hm.",
        "reasoning_content": "Hm.",
        "tool_calls": [call],
    }


async def test_the_same_streamed() -> None:
    role, thought, text, named, arguments, end = await deltas(ChatAnswer("tiny", events(*EVENTS)))
    assert role["role"] == "assistant"
    assert thought == {"reasoning": "Hm.", "reasoning_content": "Hm."}
    assert text == {"content": "Let me see."}
    assert named["tool_calls"][0]["id"] == "call_1"
    assert arguments == {"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}
    assert end == {}


async def test_what_has_no_text_goes_out_with_what_has() -> None:
    blocks = [block async for block in ChatAnswer("tiny", events(*EVENTS)).stream(include_usage=True)]
    assert [block.count(b"data: ") for block in blocks] == [2, 1, 1, 1, 3]
