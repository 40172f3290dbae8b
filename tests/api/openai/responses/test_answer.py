from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from puna.api.openai.responses.answer import ResponseBuilder
from puna.api.openai.responses.body import CreateBody
from puna.api.openai.responses.frame import frame
from puna.core.errors import EngineFailed
from puna.core.events import (
    Done,
    Event,
    Finished,
    FinishReason,
    ReasoningDelta,
    TextDelta,
    TokenLogprob,
    ToolCallDelta,
    Usage,
)
from puna.core.sampling import Sampling
from tests.api.openai.responses.wire import check_events, check_response, text_of

TOOLS = [
    {"type": "function", "name": "weather", "parameters": {"type": "object", "properties": {}}},
    {"type": "custom", "name": "shell"},
]


def answer(*, background: bool = False, **options: Any) -> ResponseBuilder:
    body = CreateBody.model_validate({"model": "tiny", "input": "?", "tools": TOOLS, "background": background})
    return ResponseBuilder(frame(body, Sampling(temperature=1.0, top_p=1.0)), tools=body.toolbox.offered, **options)


def play(answer: ResponseBuilder, *events: Event, reason: FinishReason = "stop") -> list[dict[str, Any]]:
    """Everything that is sent for these events, checked."""
    sent = list(answer.begin())
    for event in (*events, Finished(0, reason), Done(Usage(10, 5, cached_tokens=4, reasoning_tokens=2))):
        sent += answer.feed(event)
    sent += answer.complete()
    return checked([*sent, answer.closing])


def checked(sent: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    numbered = [orjson.loads(orjson.dumps({**event, "sequence_number": n})) for n, event in enumerate(sent)]
    check_events(numbered)
    check_response(numbered[-1]["response"])
    return numbered


def kinds(events: Sequence[dict[str, Any]]) -> list[str]:
    return [event["type"].removeprefix("response.") for event in events]


def test_text_comes_in_the_order_of_openai() -> None:
    events = play(answer(), TextDelta(0, "Hel"), TextDelta(0, "lo"))
    assert kinds(events) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    response = events[-1]["response"]
    assert response["output"][0]["content"][0]["text"] == "Hello"
    assert response["status"] == "completed"
    assert response["usage"] == {
        "input_tokens": 10,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 6},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 2},
        "total_tokens": 15,
    }


def test_thoughts_are_an_item_of_their_own_before_the_text() -> None:
    events = play(answer(), ReasoningDelta(0, "hm"), ReasoningDelta(0, "m"), TextDelta(0, "Yes"))
    assert kinds(events)[2:9] == [
        "output_item.added",
        "content_part.added",
        "reasoning_text.delta",
        "reasoning_text.delta",
        "reasoning_text.done",
        "content_part.done",
        "output_item.done",
    ]
    thought, message = events[-1]["response"]["output"]
    assert thought["content"] == [{"type": "reasoning_text", "text": "hmm"}]
    assert thought["summary"] == []
    assert message["content"][0]["text"] == "Yes"


def test_a_summary_that_was_asked_for_has_the_events_of_a_summary() -> None:
    events = play(answer(summary=True), ReasoningDelta(0, "hmm"), TextDelta(0, "Yes"))
    assert kinds(events)[2:8] == [
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
    ]
    assert events[-1]["response"]["output"][0]["summary"] == [{"type": "summary_text", "text": "hmm"}]


def test_thoughts_are_sealed_where_the_client_keeps_them() -> None:
    events = play(answer(seal=lambda text: text[::-1]), ReasoningDelta(0, "abc"), TextDelta(0, "Yes"))
    assert events[-1]["response"]["output"][0]["encrypted_content"] == "cba"


def test_calls_follow_one_another() -> None:
    events = play(
        answer(),
        ToolCallDelta(0, 0, id="call_1", name="weather"),
        ToolCallDelta(0, 0, '{"city":'),
        ToolCallDelta(0, 0, '"Rome"}'),
        ToolCallDelta(0, 1, "{}", id="call_2", name="weather"),
        reason="tool_calls",
    )
    assert kinds(events)[2:9] == [
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
    ]
    calls = events[-1]["response"]["output"]
    assert [(call["call_id"], call["arguments"]) for call in calls] == [
        ("call_1", '{"city":"Rome"}'),
        ("call_2", "{}"),
    ]
    assert events[-1]["response"]["status"] == "completed"


@pytest.mark.parametrize("pieces", [['{"input": "ls -l \\', "u00e4 \\n", '"}'], ['{"in', 'put":"ls -l ä \\n"}']])
def test_the_text_of_a_custom_tool_is_streamed_without_its_json(pieces: list[str]) -> None:
    deltas = [ToolCallDelta(0, 0, piece) for piece in pieces]
    events = play(answer(), ToolCallDelta(0, 0, id="call_1", name="shell"), *deltas, reason="tool_calls")
    call = events[-1]["response"]["output"][0]
    assert call["type"] == "custom_tool_call"
    assert call["input"] == "ls -l ä \n" == text_of(events, "custom_tool_call_input")


def test_a_text_that_was_cut_off_says_so() -> None:
    pieces = [ToolCallDelta(0, 0, '{"input": "ls', id="call_1", name="shell")]
    [call] = play(answer(), *pieces, reason="length")[-1]["response"]["output"]
    assert (call["input"], call["status"]) == ("ls", "incomplete")


def test_what_is_no_json_is_the_text_itself() -> None:
    events = play(answer(), ToolCallDelta(0, 0, "ls", id="call_1", name="shell"), reason="tool_calls")
    assert events[-1]["response"]["output"][0]["input"] == "ls" == text_of(events, "custom_tool_call_input")


def test_a_limit_makes_the_response_incomplete() -> None:
    events = play(answer(), TextDelta(0, "Hel"), reason="length")
    response = events[-1]["response"]
    assert events[-1]["type"] == "response.incomplete"
    assert response["status"] == "incomplete"
    assert response["incomplete_details"] == {"reason": "max_output_tokens"}
    assert response["output"][0]["status"] == "incomplete"


def test_an_answer_without_a_word_is_an_empty_message() -> None:
    events = play(answer(), ReasoningDelta(0, "hm"))
    assert [item["type"] for item in events[-1]["response"]["output"]] == ["reasoning", "message"]
    assert events[-1]["response"]["output"][1]["content"][0]["text"] == ""


def test_log_probabilities_have_bytes_in_the_item_and_none_in_the_events() -> None:
    token = TokenLogprob(1, "a", b"a", -0.5, (TokenLogprob(1, "a", b"a", -0.5),))
    events = play(answer(), TextDelta(0, "a", (token,)))
    part = events[-1]["response"]["output"][0]["content"][0]
    top = {"token": "a", "bytes": [97], "logprob": -0.5}
    assert part["logprobs"] == [{**top, "top_logprobs": [top]}]
    delta = next(event for event in events if event["type"] == "response.output_text.delta")
    assert delta["logprobs"] == [{"token": "a", "logprob": -0.5, "top_logprobs": [{"token": "a", "logprob": -0.5}]}]


def test_a_background_response_is_queued_first() -> None:
    events = play(answer(background=True), TextDelta(0, "Hi"))
    assert kinds(events)[:3] == ["created", "queued", "in_progress"]
    assert [event["response"]["status"] for event in events[:3]] == ["queued", "queued", "in_progress"]


def test_a_failure_closes_what_is_open() -> None:
    broken = answer()
    sent = [*broken.begin(), *broken.feed(TextDelta(0, "Hel")), *broken.fail(EngineFailed("it broke"), "it broke")]
    events = checked([*sent, broken.closing])
    assert kinds(events)[-2:] == ["output_item.done", "failed"]
    assert events[-1]["response"]["error"] == {"code": "server_error", "message": "it broke"}
    assert events[-1]["response"]["output"][0]["status"] == "incomplete"


def test_a_cancelled_response_says_so_in_its_last_event() -> None:
    cancelled = answer()
    sent = [*cancelled.begin(), *cancelled.feed(TextDelta(0, "Hel")), *cancelled.cancel()]
    assert checked([*sent, cancelled.closing])[-1]["response"]["status"] == "cancelled"
