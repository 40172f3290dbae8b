"""What goes over the wire, event by event."""

import json
from typing import Any

import pytest
from pydantic import TypeAdapter

from puna.api.anthropic.answers import MessageAnswer, MessageEvent
from puna.core.events import (
    Done,
    Finished,
    PromptBegun,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from tests.scripted import ScriptedServer

EVENTS: TypeAdapter[Any] = TypeAdapter(MessageEvent)
MESSAGE: TypeAdapter[Any] = TypeAdapter(MessageAnswer)
ASKED = {"model": "plain", "max_tokens": 100, "messages": [{"role": "user", "content": "Hello"}]}
TOOL = {"name": "look", "input_schema": {"type": "object", "properties": {"at": {"type": "string"}}}}


def stream(server: ScriptedServer, **fields: Any) -> list[dict[str, Any]]:
    """The events of a stream, each as `/openapi.json` has it and named as it is."""
    with server.http() as http:
        answer = http.post("/v1/messages", json={**ASKED, "stream": True, **fields})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/event-stream"
    events = []
    for block in answer.text.split("\n\n")[:-1]:
        name, data = block.split("\n")
        event = json.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        if event["type"] != "error":
            EVENTS.validate_python(event, strict=True)
        events.append(event)
    return events


def whole(server: ScriptedServer, **fields: Any) -> dict[str, Any]:
    with server.http() as http:
        answer = http.post("/v1/messages", json={**ASKED, **fields})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = MESSAGE.validate_python(answer.json(), strict=True)
    return found


def test_text(scripted: ScriptedServer) -> None:
    words = TextDelta(0, "This is"), TextDelta(0, " a test.")
    scripted.script.answer(PromptBegun(7, 3), *words, Finished(0, "stop"), Done(Usage(7, 5, 3)))
    events = stream(scripted)
    kinds = [event["type"] for event in events]
    assert kinds == [
        "message_start",
        "content_block_start",
        "ping",
        *["content_block_delta"] * 2,
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    start, block, _, first, second, stop, end, _ = events
    assert start["message"]["content"] == []
    assert start["message"]["id"].startswith("msg_")
    assert (start["message"]["model"], start["message"]["stop_reason"]) == ("plain", None)
    assert block == {
        "type": "content_block_start",
        "index": 0,
        "content_block": {"type": "text", "text": "", "citations": None},
    }
    assert [event["delta"] for event in (first, second)] == [
        {"type": "text_delta", "text": "This is"},
        {"type": "text_delta", "text": " a test."},
    ]
    assert stop == {"type": "content_block_stop", "index": 0}
    assert end["delta"]["stop_reason"] == "end_turn"
    for usage in (start["message"]["usage"], end["usage"]):
        assert (usage["input_tokens"], usage["cache_read_input_tokens"]) == (4, 3)
    assert end["usage"]["output_tokens"] == 5


def test_thinking_text_and_two_calls(scripted: ScriptedServer) -> None:
    steps = (
        ReasoningDelta(0, "Hm"),
        ReasoningDelta(0, "."),
        TextDelta(0, "Let me look."),
        ToolCallDelta(0, 0, id="call_1", name="look"),
        ToolCallDelta(0, 0, '{"at": '),
        ToolCallDelta(0, 0, '"Rome"}'),
        ToolCallDelta(0, 1, "{}", id="call_2", name="look"),
        Finished(0, "tool_calls"),
        Done(Usage(7, 9, 0, 2)),
    )
    asked = {"tools": [TOOL], "thinking": {"type": "adaptive"}}
    scripted.script.answer(*steps)
    events = stream(scripted, **asked)
    starts = [event["content_block"]["type"] for event in events if event["type"] == "content_block_start"]
    assert starts == ["thinking", "text", "tool_use", "tool_use"]
    assert [event["index"] for event in events if event["type"] == "content_block_stop"] == [0, 1, 2, 3]
    deltas = [(event["index"], event["delta"]["type"]) for event in events if event["type"] == "content_block_delta"]
    assert deltas == [
        (0, "thinking_delta"),
        (0, "thinking_delta"),
        (0, "signature_delta"),
        (1, "text_delta"),
        (2, "input_json_delta"),
        (2, "input_json_delta"),
        (3, "input_json_delta"),
    ]
    assert events[-2]["delta"]["stop_reason"] == "tool_use"
    assert events[-2]["usage"]["output_tokens_details"] == {"thinking_tokens": 2}

    scripted.script.answer(*steps)
    message = whole(scripted, **asked)
    thought, text, first, second = message["content"]
    assert (thought["thinking"], text["text"]) == ("Hm.", "Let me look.")
    assert (first["id"], first["input"], second["input"]) == ("toolu_1", {"at": "Rome"}, {})
    assert message["stop_reason"] == "tool_use"
    assert message["usage"]["output_tokens"] == 9


@pytest.mark.parametrize(
    ("end", "tokens", "reason"),
    [
        (Finished(0, "stop"), 5, ("end_turn", None)),
        (Finished(0, "stop", "END"), 5, ("stop_sequence", "END")),
        (Finished(0, "length"), 100, ("max_tokens", None)),
        (Finished(0, "length"), 60, ("model_context_window_exceeded", None)),
        (Finished(0, "tool_calls"), 5, ("tool_use", None)),
    ],
)
def test_why_it_ends(scripted: ScriptedServer, end: Finished, tokens: int, reason: tuple[str, str | None]) -> None:
    for ask in (lambda: whole(scripted), lambda: stream(scripted)[-2]["delta"]):
        scripted.script.answer(TextDelta(0, "Hi"), end, Done(Usage(3, tokens)))
        answer = ask()
        assert (answer["stop_reason"], answer["stop_sequence"]) == reason


def test_a_refusal_is_text_that_ends_for_that_reason(scripted: ScriptedServer) -> None:
    scripted.script.answer(RefusalDelta(0, "No."), Finished(0, "stop"), Done(Usage(3, 2)))
    message = whole(scripted)
    assert (message["content"][0]["text"], message["stop_reason"]) == ("No.", "refusal")
    assert message["stop_details"]["type"] == "refusal"


def test_a_call_that_was_cut_off_has_the_arguments_that_are_there(scripted: ScriptedServer) -> None:
    call = ToolCallDelta(0, 0, '{"at": "Ro', id="call_1", name="look")
    scripted.script.answer(call, Finished(0, "length"), Done(Usage(3, 100)))
    message = whole(scripted, tools=[TOOL])
    assert message["content"][0]["input"] == {"at": "Ro"}
    assert message["stop_reason"] == "max_tokens"


def test_a_prompt_may_only_be_read(scripted: ScriptedServer) -> None:
    scripted.script.answer(TextDelta(0, "Hi"), Finished(0, "length"), Done(Usage(7, 1, 3)))
    message = whole(scripted, max_tokens=0)
    assert (message["content"], message["stop_reason"]) == ([], "max_tokens")
    assert (message["usage"]["input_tokens"], message["usage"]["output_tokens"]) == (4, 0)
    assert scripted.script.request.sampling.max_tokens == 1


def test_nothing_said_is_no_block(scripted: ScriptedServer) -> None:
    scripted.script.answer(Finished(0, "stop"), Done(Usage(3, 1)))
    assert whole(scripted)["content"] == []
    scripted.script.answer(Finished(0, "stop"), Done(Usage(3, 1)))
    assert [event["type"] for event in stream(scripted)] == ["message_start", "message_delta", "message_stop"]


def test_what_goes_wrong_in_the_middle_is_the_last_event(scripted: ScriptedServer) -> None:
    from puna.core.errors import EngineFailed

    scripted.script.answer(TextDelta(0, "Hi"), EngineFailed("The engine broke off."))
    assert stream(scripted)[-1] == {
        "type": "error",
        "error": {"type": "api_error", "message": "The engine broke off."},
    }
