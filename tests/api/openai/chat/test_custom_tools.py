"""OpenAI's custom tools in chat completions, with weights that are random: what holds with them holds with any."""

import re
from typing import Any

import lark
import openai
import pytest
from openai.types.chat import (
    ChatCompletion,
    ChatCompletionCustomToolParam,
    ChatCompletionMessageCustomToolCall,
    ChatCompletionMessageParam,
    ChatCompletionToolParam,
)

from tests.api.openai.responses.wire import check
from tests.server import RunningServer

ASK: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Dial!"}]
NUMBER = r"[0-9]{3}-[0-9]{2} \"(ä|😀)\""
DIAL: ChatCompletionCustomToolParam = {
    "type": "custom",
    "custom": {
        "name": "dial",
        "description": "Calls a number",
        "format": {"type": "grammar", "grammar": {"syntax": "regex", "definition": NUMBER}},
    },
}
SUM = 'start: NUMBER ("+" NUMBER)~1..3\nNUMBER: /[1-9][0-9]{0,3}/\n'
ADD: ChatCompletionCustomToolParam = {
    "type": "custom",
    "custom": {"name": "add", "format": {"type": "grammar", "grammar": {"syntax": "lark", "definition": SUM}}},
}
NOTE: ChatCompletionCustomToolParam = {"type": "custom", "custom": {"name": "note", "format": {"type": "text"}}}
TIME: ChatCompletionToolParam = {"type": "function", "function": {"name": "get_time"}}
ONE: Any = {"parallel_tool_calls": False, "max_tokens": 400, "seed": 1}


def only_call(answer: ChatCompletion) -> ChatCompletionMessageCustomToolCall:
    check(ChatCompletionMessageCustomToolCall, answer.choices[0].message.tool_calls[0].to_dict())  # type: ignore[index]
    [call] = answer.choices[0].message.tool_calls or []
    assert isinstance(call, ChatCompletionMessageCustomToolCall)
    assert call.id.startswith("call_")
    assert answer.choices[0].finish_reason == "tool_calls"
    assert answer.choices[0].message.content is None
    return call


def test_a_forced_tool_gets_a_text_that_its_expression_matches(random_client: openai.OpenAI, model: str) -> None:
    choice: Any = {"type": "custom", "custom": {"name": "dial"}}
    answer = random_client.chat.completions.create(
        model=model, messages=ASK, tools=[TIME, DIAL], tool_choice=choice, **ONE
    )
    call = only_call(answer)
    assert call.custom.name == "dial"
    assert re.fullmatch(NUMBER, call.custom.input)


def test_an_allowed_tool_gets_a_text_that_lark_reads(random_client: openai.OpenAI, model: str) -> None:
    allowed: Any = {"mode": "required", "tools": [{"type": "custom", "custom": {"name": "add"}}]}
    answer = random_client.chat.completions.create(
        model=model,
        messages=ASK,
        tools=[TIME, DIAL, ADD],
        tool_choice={"type": "allowed_tools", "allowed_tools": allowed},
        **ONE,
    )
    call = only_call(answer)
    assert call.custom.name == "add"
    lark.Lark(SUM).parse(call.custom.input)


def test_a_tool_without_a_format_gets_any_text(random_client: openai.OpenAI, model: str) -> None:
    answer = random_client.chat.completions.create(
        model=model, messages=ASK, tools=[NOTE], tool_choice="required", **{**ONE, "max_tokens": 60}
    )
    [call] = answer.choices[0].message.tool_calls or []
    assert call.type == "custom"
    assert call.custom.name == "note"
    assert not call.custom.input.startswith("{")


def test_a_stream_has_the_text_in_pieces_and_none_of_its_json(random_client: openai.OpenAI, model: str) -> None:
    chunks = random_client.chat.completions.create(
        model=model, messages=ASK, tools=[DIAL], tool_choice="required", stream=True, **ONE
    )
    choices = [chunk.choices[0] for chunk in chunks]
    first, *rest = [call.to_dict() for choice in choices for call in choice.delta.tool_calls or []]
    assert first.pop("id")
    assert first == {"index": 0, "type": "custom", "custom": {"name": "dial", "input": ""}}
    assert len(rest) > 3
    assert all(set(piece) == {"index", "custom"} and piece["index"] == 0 for piece in rest)
    assert all(piece["custom"]["input"] for piece in rest), "nothing is sent that says nothing"
    assert re.fullmatch(NUMBER, "".join(piece["custom"]["input"] for piece in rest))
    assert choices[-1].finish_reason == "tool_calls"


def test_calls_and_their_results_go_back_to_the_model(random_client: openai.OpenAI, model: str) -> None:
    def prompted(text: str, result: str) -> int:
        call: Any = {"id": "call_1", "type": "custom", "custom": {"name": "note", "input": text}}
        answer = random_client.chat.completions.create(
            model=model,
            messages=[
                *ASK,
                {"role": "assistant", "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "call_1", "content": result},
            ],
            tools=[NOTE],
            max_tokens=1,
        )
        assert answer.usage is not None
        return answer.usage.prompt_tokens

    short = prompted("milk", "noted")
    assert prompted("milk and eggs and all of the butter", "noted") > short + 5
    assert prompted("milk", "noted on the list that hangs in the kitchen") > short + 5


def test_an_answer_can_be_given_back_as_it_is(random_client: openai.OpenAI, model: str) -> None:
    answer = random_client.chat.completions.create(
        model=model, messages=ASK, tools=[DIAL], tool_choice="required", **ONE
    )
    given: Any = answer.choices[0].message.model_dump(exclude_none=True)
    result: Any = {"role": "tool", "tool_call_id": only_call(answer).id, "content": "busy"}
    random_client.chat.completions.create(model=model, messages=[*ASK, given, result], tools=[DIAL], max_tokens=1)


def custom(definition: str, syntax: str = "regex") -> dict[str, Any]:
    form = {"type": "grammar", "grammar": {"syntax": syntax, "definition": definition}}
    return {"type": "custom", "custom": {"name": "c", "format": form}}


CALL = {"id": "call_1", "type": "custom", "custom": {"name": "note", "input": "x"}}
FORCED = {"type": "custom", "custom": {"name": "get_time"}}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tools": [TIME, custom(r"(a)\1")], "tool_choice": "required"}, "tools[1].custom.format.grammar.definition"),
        ({"tools": [TIME, custom("start =", "lark")]}, "tools[1].custom.format.grammar.definition"),
        ({"tools": [custom("a", "ebnf")]}, "tools[0].custom.format.grammar.syntax"),
        ({"tools": [custom("")]}, "tools[0].custom.format.grammar.definition"),
        ({"tools": [{"type": "custom"}]}, "tools[0].custom"),
        ({"tools": [{"type": "custom", "custom": {"name": "a b"}}]}, "tools[0].custom.name"),
        ({"tools": [{"type": "custom", "custom": {"name": "a"}, "strict": True}]}, "tools[0].strict"),
        ({"tools": [{"type": "hosted"}]}, "tools[0].type"),
        ({"tools": [{}]}, "tools[0].type"),
        ({"tools": [NOTE, {"type": "function", "function": {"name": "note"}}]}, "tools[1]"),
        ({"tools": [TIME], "tool_choice": FORCED}, "tool_choice"),
        ({"tools": [NOTE], "tool_choice": {"type": "custom"}}, "tool_choice.custom"),
        ({"tools": [NOTE], "tool_choice": {"type": "hosted"}}, "tool_choice.type"),
        ({"messages": [*ASK, {"role": "assistant", "tool_calls": [CALL]}, *ASK]}, "messages[2]"),
        (
            {"messages": [*ASK, {"role": "assistant", "tool_calls": [{"id": "call_1", "type": "custom"}]}]},
            "messages[1].tool_calls[0].custom",
        ),
        (
            {"messages": [*ASK, {"role": "assistant", "tool_calls": [{**CALL, "type": "function"}]}]},
            "messages[1].tool_calls[0].custom",
        ),
    ],
)  # fmt: skip
def test_a_bad_field_is_named(random_server: RunningServer, fields: dict[str, Any], param: str) -> None:
    with random_server.http() as http:
        body = {"model": "tools", "messages": ASK, "max_tokens": 1, **fields}
        answer = http.post("/v1/chat/completions", json=body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["param"] == param
