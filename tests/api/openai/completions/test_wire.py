"""What of a completion's body reaches the engine, and its answers as the real client reads them."""

from typing import Any

import openai
import pytest

from puna.core.completions import CompletionRequest, PromptRead, PromptToken
from puna.core.errors import ContextLengthExceeded
from puna.core.events import Done, Finished, TextDelta, TokenLogprob, Usage
from puna.core.formats import JsonObject
from puna.core.subjects import PromptAt
from tests.scripted import ScriptedServer

A, B = TokenLogprob(1, "a", b"a", -0.25), TokenLogprob(2, "b", b"b", -1.0)


def ask(server: ScriptedServer, **fields: Any) -> Any:
    return server.client().completions.create(**{"model": "plain", "prompt": "Once", **fields})


def heard(server: ScriptedServer, **fields: Any) -> CompletionRequest:
    """The request as the engine got it."""
    ask(server, **fields)
    found: CompletionRequest = server.script.request
    return found


@pytest.mark.parametrize(
    ("fields", "name", "value"),
    [
        ({"prompt": "Once"}, "prompts", ("Once",)),
        ({"prompt": ["a", "b"]}, "prompts", ("a", "b")),
        ({"prompt": [1, 2]}, "prompts", ((1, 2),)),
        ({"prompt": [[1, 2], [3]]}, "prompts", ((1, 2), (3,))),
        ({"prompt": None}, "prompts", ("",)),
        ({"suffix": "end"}, "suffix", "end"),
        ({"suffix": ""}, "suffix", None),
        ({"n": 3}, "choices", 3),
        ({"n": 1, "best_of": 4}, "choices", 4),
        ({}, "logprobs", None),
        ({"logprobs": 0}, "logprobs", 0),
        ({"best_of": 2}, "logprobs", 0),
        ({"echo": True}, "score_prompts", False),
        ({"echo": True, "logprobs": 1}, "score_prompts", True),
    ],
)
def test_each_field(scripted: ScriptedServer, fields: dict[str, Any], name: str, value: Any) -> None:
    assert getattr(heard(scripted, **fields), name) == value


@pytest.mark.parametrize(
    ("fields", "name", "value"),
    [
        ({}, "max_tokens", 16),
        ({}, "temperature", 1),
        ({"max_tokens": 0}, "max_tokens", 0),
        ({"temperature": 0.5}, "temperature", 0.5),
        ({"stop": ["a", "b"]}, "stop", ("a", "b")),
        ({"seed": 7}, "seed", 7),
        ({"logit_bias": {"5": 1}}, "logit_bias", ((5, 1),)),
    ],
)
def test_each_setting(scripted: ScriptedServer, fields: dict[str, Any], name: str, value: Any) -> None:
    assert getattr(heard(scripted, **fields).sampling, name) == value


def test_the_form_of_the_answer(scripted: ScriptedServer) -> None:
    scripted.script.answer(TextDelta(0, "{}"), Finished(0, "stop"), Done(Usage(1, 1)))
    form = {"response_format": {"type": "json_object"}}
    assert heard(scripted, extra_body=form).format == JsonObject()


def test_choices_of_several_prompts_are_numbered_through(scripted: ScriptedServer) -> None:
    answer = ask(scripted, prompt=["x y", "z"], n=2, echo=True)
    assert [choice.index for choice in answer.choices] == [0, 1, 2, 3]
    assert [choice.text for choice in answer.choices] == ["x yThis is a test."] * 2 + ["zThis is a test."] * 2
    assert (answer.object, answer.usage.total_tokens) == ("text_completion", 23)


def test_the_best_of_several_has_the_likeliest_tokens(scripted: ScriptedServer) -> None:
    scripted.script.answer(
        PromptRead(0, "Once", 1),
        *(TextDelta(0, "b", (B,)), TextDelta(1, "a", (A,)), TextDelta(2, "ab", (A, B))),
        *(Finished(index, "stop") for index in range(3)),
        Done(Usage(1, 4)),
    )
    answer = ask(scripted, best_of=3, n=2)
    assert [(choice.index, choice.text) for choice in answer.choices] == [(0, "a"), (1, "ab")]


@pytest.mark.parametrize("stream", [False, True])
def test_offsets_count_from_where_the_prompt_begins(scripted: ScriptedServer, stream: bool) -> None:
    prompt = (PromptToken(8, b"On"), PromptToken(9, b"ce", -2.0, (B,)))
    scripted.script.answer(PromptRead(0, "Once", 2, prompt))  # another engine scores
    scripted.script.answer(
        PromptRead(0, "Once", 2), TextDelta(0, "ab", (A, B)), Finished(0, "length"), Done(Usage(2, 2))
    )
    answer = ask(scripted, echo=True, logprobs=1, stream=stream)
    choices = [choice for chunk in answer for choice in chunk.choices] if stream else answer.choices
    assert "".join(choice.text for choice in choices) == "Onceab"
    found = [choice.logprobs for choice in choices if choice.logprobs]
    assert [token for each in found for token in each.tokens] == ["On", "ce", "a", "b"]
    assert [offset for each in found for offset in each.text_offset] == [0, 2, 4, 5]
    assert [number for each in found for number in each.token_logprobs] == [None, -2.0, -0.25, -1.0]
    assert [top for each in found for top in each.top_logprobs][:2] == [None, {"b": -1.0, "ce": -2.0}]
    assert choices[-1].finish_reason == "length"


def test_a_stream_is_one_completion_in_pieces(scripted: ScriptedServer) -> None:
    *chunks, last = ask(scripted, n=2, stream=True, stream_options={"include_usage": True})
    assert len({chunk.id for chunk in (*chunks, last)}) == 1
    for index in range(2):
        mine = [choice for chunk in chunks for choice in chunk.choices if choice.index == index]
        assert "".join(choice.text for choice in mine) == "This is a test."
        assert [choice.finish_reason for choice in mine if choice.finish_reason] == ["stop"]
    assert (last.choices, last.usage.completion_tokens) == ([], 10)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"best_of": 1, "n": 2}, "best_of"),
        ({"best_of": 2, "stream": True}, "best_of"),
        ({"suffix": "x", "echo": True}, "suffix"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"logprobs": 101}, "logprobs"),
        ({"prompt": []}, "prompt"),
        ({"prompt": [[]]}, "prompt[0]"),
        ({"prompt": {"a": 1}}, "prompt"),
        ({"max_tokens": -1}, "max_tokens"),
    ],
)
def test_what_can_not_be_is_named_and_reaches_no_engine(
    scripted: ScriptedServer, fields: dict[str, Any], param: str
) -> None:
    with scripted.http() as http:
        answer = http.post("/v1/completions", json={"model": "plain", "prompt": "Once", **fields})
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["param"] == param
    assert scripted.script.requests == []


@pytest.mark.parametrize(("prompt", "param"), [("Once", "prompt"), (["a", "b"], "prompt[1]")])
def test_the_prompt_that_is_too_long_is_named(scripted: ScriptedServer, prompt: Any, param: str) -> None:
    scripted.script.answer(ContextLengthExceeded(600, 256, about=PromptAt(len(prompt) - 1 if "a" in prompt else 0)))
    with pytest.raises(openai.BadRequestError) as refused:
        ask(scripted, prompt=prompt)
    assert (refused.value.param, refused.value.code) == (param, "context_length_exceeded")
