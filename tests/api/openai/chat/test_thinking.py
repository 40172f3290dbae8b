"""Thinking beside the answer: with `tiny`, which thinks when it is asked to."""

from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletion

ASK: Any = [{"role": "user", "content": "Say this is a test"}]


def think(client: openai.OpenAI, **fields: Any) -> ChatCompletion:
    answer: ChatCompletion = client.chat.completions.create(
        **{
            "model": "tiny",
            "messages": ASK,
            "reasoning_effort": "high",
            "temperature": 0,
            "max_tokens": 200,
            **fields,
        }
    )
    return answer


def thoughts(answer: ChatCompletion) -> list[str]:
    return [(choice.message.model_extra or {}).get("reasoning", "").rstrip() for choice in answer.choices]


def texts(answer: ChatCompletion) -> list[str | None]:
    return [choice.message.content for choice in answer.choices]


@pytest.fixture(scope="module")
def plain(server: Any) -> ChatCompletion:
    """The answer without stop sequences."""
    answer = think(server.client())
    assert thoughts(answer)[0]
    assert texts(answer) == ["This is a test."]
    return answer


@pytest.mark.parametrize(
    "fields",
    [{}, {"logprobs": True}, {"tools": [{"type": "function", "function": {"name": "add"}}], "tool_choice": "none"}],
    ids=["plain", "logprobs", "tools"],
)
def test_a_stop_sequence_is_not_looked_for_in_the_thinking(
    client: openai.OpenAI, plain: ChatCompletion, fields: dict[str, Any]
) -> None:
    only_thought = next(word for word in thoughts(plain)[0].split() if word not in "This is a test.")
    for stop, expected in ((only_thought, "This is a test."), ([" test", only_thought], "This is a")):
        answer = think(client, stop=stop, **fields)
        assert thoughts(answer) == thoughts(plain)
        assert texts(answer) == [expected]
        assert answer.choices[0].finish_reason == "stop"
        if fields.get("logprobs"):
            assert answer.choices[0].logprobs is not None
            tokens = answer.choices[0].logprobs.content or []
            assert b"".join(bytes(token.bytes or []) for token in tokens).decode() == expected


def test_a_stop_sequence_of_both_ends_only_the_answer(client: openai.OpenAI, plain: ChatCompletion) -> None:
    """A letter that the thinking has, too."""
    letter = next(letter for letter in "tesiah" if letter in thoughts(plain)[0])
    answer = think(client, stop=letter)
    assert thoughts(answer) == thoughts(plain)
    assert texts(answer) == ["This is a test.".partition(letter)[0] or None]


def test_the_usage_of_a_stopped_answer_is_whole(client: openai.OpenAI, plain: ChatCompletion) -> None:
    stopped = think(client, stop=" a")
    assert texts(stopped) == ["This is"]
    assert stopped.usage is not None
    assert plain.usage is not None
    assert stopped.usage.prompt_tokens == plain.usage.prompt_tokens
    assert stopped.usage.completion_tokens < plain.usage.completion_tokens
    details, expected = stopped.usage.completion_tokens_details, plain.usage.completion_tokens_details
    assert details is not None
    assert expected is not None
    assert details.reasoning_tokens
    assert details.reasoning_tokens < stopped.usage.completion_tokens


def test_each_choice_stops_by_itself(client: openai.OpenAI, plain: ChatCompletion) -> None:
    answer = think(client, stop=" test", n=3)
    assert texts(answer) == ["This is a"] * 3
    assert [choice.finish_reason for choice in answer.choices] == ["stop"] * 3
    assert thoughts(answer) == thoughts(plain) * 3


def test_a_stream_stops_where_the_whole_answer_does(client: openai.OpenAI, plain: ChatCompletion) -> None:
    chunks = list(
        client.chat.completions.create(
            model="tiny", messages=ASK, reasoning_effort="high", temperature=0, stop=" test", stream=True
        )
    )
    deltas = [chunk.choices[0].delta for chunk in chunks]
    assert "".join(delta.content or "" for delta in deltas) == "This is a"
    assert "".join((delta.model_extra or {}).get("reasoning", "") for delta in deltas) == thoughts(plain)[0]
    assert chunks[-1].choices[0].finish_reason == "stop"
