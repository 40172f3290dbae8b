import pytest

from puna.core.events import Event, ReasoningDelta, TextDelta, TokenLogprob, ToolCallDelta
from puna.core.tools import Tool
from puna.engines.llama.chat.calls import JsonCallFilter
from puna.engines.llama.chat.filters import EnvelopeFilter, Pipeline, StopFilter
from puna.engines.llama.chat.held import Held
from puna.engines.llama.chat.offered import OfferedTools
from puna.engines.llama.chat.thinking import ThinkingFilter
from puna.engines.llama.markup import PUNA_SHAPE, ThinkingTags

CALL = '<tool_call>\n{"name": "add", "arguments": {"a": "END"}}\n</tool_call>'


def token(data: bytes) -> TokenLogprob:
    return TokenLogprob(0, data.decode(errors="replace"), data, -1.0)


def read(text: str, size: int, *stops: str) -> list[Event]:
    """The events of a text in pieces of that size, each a token."""
    pipeline = Pipeline(
        ThinkingFilter(0, ThinkingTags("<think>", "</think>"), begun=False),
        JsonCallFilter(0, PUNA_SHAPE, OfferedTools([Tool(name="add")]), several=True),
        StopFilter(0, stops or ("never",)),
    )
    parts = [text[place : place + size] for place in range(0, len(text), size)]
    events = [event for part in parts for event in pipeline.feed(TextDelta(0, part, (token(part.encode()),)))]
    return [*events, *pipeline.close()]


def test_a_stop_sequence_counts_in_the_text_only() -> None:
    for size in (1, 4, 1000):
        events = read(f"<think>END</think>so END {CALL}", size, "END")
        assert "".join(event.text for event in events if isinstance(event, ReasoningDelta)) == "END"
        assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "so "
        assert not any(isinstance(event, ToolCallDelta) for event in events)
        events = read(f"so {CALL}", size, "END")
        assert "".join(event.arguments for event in events if isinstance(event, ToolCallDelta)) == '{"a": "END"}'


def test_what_was_held_comes_in_its_order() -> None:
    assert [type(event) for event in read(f"a ne{CALL}", 1000)] == [
        TextDelta,
        TextDelta,
        ToolCallDelta,
        ToolCallDelta,
    ]


def test_tokens_of_thinking_and_calls_go_with_no_text() -> None:
    events = read(f"<think>hm</think>yes {CALL}", 1)
    tokens = [token for event in events if isinstance(event, TextDelta) for token in event.logprobs]
    assert b"".join(token.data for token in tokens) == b"yes"


def test_a_token_goes_with_the_text_it_begins() -> None:
    held = Held(0)
    held.add(TextDelta(0, "né日", (token(b"n\xc3"), token(b"\xa9\xe6"), token(b"\x97\xa5"))))
    assert [one.data for one in held.take(1).logprobs] == [b"n\xc3"]
    assert [one.data for one in held.take(1).logprobs] == [b"\xa9\xe6"]
    assert [one.data for one in held.take(1).logprobs] == [b"\x97\xa5"]
    assert not held


@pytest.mark.parametrize("size", [1, 3, 100])
def test_what_is_around_an_answer_by_its_format_is_taken_away(size: int) -> None:
    def read(text: str) -> str:
        envelope = EnvelopeFilter(0, "to=user<|message|>", "<|close|>response<|sep|>")
        pieces = [TextDelta(0, text[place : place + size]) for place in range(0, len(text), size)]
        events = [event for piece in pieces for event in envelope.feed(piece)]
        return "".join(event.text for event in [*events, *envelope.close()] if isinstance(event, TextDelta))

    assert read(" to=user<|message|>Good.<|close|>response<|sep|>") == "Good."
    assert read("to=you <|close|>call<|sep|> it") == "to=you <|close|>call<|sep|> it"
    assert read("<|close|>response<|sep|> more") == " more"


def test_a_word_is_no_head_without_what_ends_it() -> None:
    envelope = EnvelopeFilter(0, "all\n", "")
    assert [event.text for event in envelope.feed(TextDelta(0, "all is well")) if isinstance(event, TextDelta)] == [
        "all is well"
    ]
