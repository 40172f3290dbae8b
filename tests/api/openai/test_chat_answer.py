import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from puna.api.openai import chat_answer
from puna.api.openai.chat_answer import ChatAnswer
from puna.core.errors import EngineFailed, InvalidRequest
from puna.core.events import Done, Event, Finished, ReasoningDelta, TextDelta, ToolCallDelta, Usage

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
    data = [json.loads(block.removeprefix(b"data: ")) for block in blocks if block != chat_answer.DONE]
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


async def test_a_refusal_before_the_first_event_is_no_stream() -> None:
    with pytest.raises(InvalidRequest):
        await ChatAnswer("tiny", events(InvalidRequest("no"))).begin()


async def test_a_stream_begins_before_a_slow_prompt_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_answer, "KEEP_ALIVE_SECONDS", 0.0)
    read = asyncio.Event()
    answer = ChatAnswer("tiny", events(*EVENTS, after=read))
    await answer.begin()
    read.set()
    assert len(await deltas(answer)) == 6


async def test_an_error_after_the_stream_began_is_its_last_event(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_answer, "KEEP_ALIVE_SECONDS", 0.0)
    read = asyncio.Event()
    answer = ChatAnswer("tiny", events(EngineFailed("gone"), after=read))
    await answer.begin()
    read.set()
    [error] = await deltas(answer)
    assert error["error"]["message"] == "gone"


async def test_a_stream_that_is_given_up_while_it_waits_ends_its_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_answer, "KEEP_ALIVE_SECONDS", 0.0)
    ended = asyncio.Event()

    async def waiting() -> AsyncGenerator[Event, None]:
        try:
            await asyncio.Event().wait()
            yield EVENTS[0]
        finally:
            ended.set()

    answer = ChatAnswer("tiny", waiting())
    await answer.begin()
    sending = asyncio.create_task(deltas(answer))
    await asyncio.sleep(0)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    await asyncio.wait_for(ended.wait(), 5)
