"""Request fields of vLLM, llama-server and OpenRouter: they act, or are refused by name."""

from typing import Any

import pytest

from puna.core.formats import FormedText, JsonObject, JsonSchema
from puna.core.requests import ChatRequest
from puna.core.tools import TextGrammar
from tests.scripted import ScriptedServer
from tests.server import RunningServer

ASK = [{"role": "user", "content": "Hello"}]
ANSWERED = [*ASK, {"role": "assistant", "content": "Well,"}]
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}}


def heard(server: ScriptedServer, **fields: Any) -> ChatRequest:
    """A chat as the engine got it."""
    server.script.say("{}")
    with server.http() as http:
        answer = http.post("/v1/chat/completions", json={"model": "plain", "messages": ASK, **fields})
    assert answer.status_code == 200, answer.text
    found: ChatRequest = server.script.request
    return found


@pytest.mark.parametrize(
    ("given", "setting"),
    [
        ({"top_k": -1}, ("top_k", 0)),
        ({"repetition_penalty": 1.5}, ("repeat_penalty", 1.5)),
        ({"repetition_penalty": 1.5, "repeat_penalty": 1.5}, ("repeat_penalty", 1.5)),
        ({"typical_p": 0.5}, ("typical_p", 0.5)),
        ({"repeat_last_n": -1}, ("repeat_last_n", -1)),
        ({"stop": [str(number) for number in range(60)]}, ("stop", tuple(str(number) for number in range(60)))),
    ],
)
def test_sampling(scripted: ScriptedServer, given: dict[str, Any], setting: tuple[str, Any]) -> None:
    assert getattr(heard(scripted, **given).sampling, setting[0]) == setting[1]


@pytest.mark.parametrize(
    ("given", "form"),
    [
        ({"guided_json": SCHEMA}, JsonSchema(schema=SCHEMA)),
        ({"guided_json": '{"type": "object"}'}, JsonSchema(schema={"type": "object"})),
        ({"json_schema": SCHEMA}, JsonSchema(schema=SCHEMA)),
        ({"response_format": {"type": "json_object", "schema": SCHEMA}}, JsonSchema(schema=SCHEMA)),
        ({"response_format": {"type": "json_object", "value": SCHEMA}}, JsonSchema(schema=SCHEMA)),
        ({"structured_outputs": {"json": SCHEMA, "regex": None}}, JsonSchema(schema=SCHEMA)),
        ({"structured_outputs": {"json_object": True}}, JsonObject()),
    ],
)
def test_json_forms(scripted: ScriptedServer, given: dict[str, Any], form: object) -> None:
    assert heard(scripted, **given).format == form


@pytest.mark.parametrize(
    ("given", "form"),
    [
        ({"guided_regex": "[0-9]+"}, TextGrammar("regex", "[0-9]+")),
        ({"structured_outputs": {"regex": "a|b"}}, TextGrammar("regex", "a|b")),
        ({"guided_choice": ["yes", 'say "no"']}, TextGrammar("lark", 'start: "yes" | "say \\"no\\""')),
        ({"guided_grammar": 'root ::= "a"'}, TextGrammar("lark", 'root ::= "a"')),
        ({"grammar": 'root ::= "a"'}, TextGrammar("lark", 'root ::= "a"')),
        ({"structured_outputs": {"grammar": 'start: "a"'}}, TextGrammar("lark", 'start: "a"')),
    ],
)
def test_forms_of_text(scripted: ScriptedServer, given: dict[str, Any], form: TextGrammar) -> None:
    assert heard(scripted, **given).format == FormedText(form)


@pytest.mark.parametrize(
    ("given", "effort"),
    [
        ({"chat_template_kwargs": {"enable_thinking": False}}, "none"),
        ({"chat_template_kwargs": {"thinking": False}}, "none"),
        ({"chat_template_kwargs": {"reasoning_effort": "high"}}, "high"),
        ({"chat_template_kwargs": {"enable_thinking": True}}, None),
        ({"chat_template_kwargs": {"enable_thinking": False}, "reasoning_effort": "low"}, "low"),
        ({"enable_thinking": False}, "none"),
        ({"thinking": {"type": "disabled"}}, "none"),
        ({"thinking": {"type": "enabled", "budget_tokens": 9}}, "medium"),
        ({"reasoning": {"enabled": False}}, "none"),
        ({"reasoning": {"effort": "low", "exclude": True}}, "low"),
        ({}, None),
    ],
)
def test_whether_to_think(scripted: ScriptedServer, given: dict[str, Any], effort: str | None) -> None:
    request = heard(scripted, **given)
    assert request.effort == effort
    assert request.template_variables == given.get("chat_template_kwargs", request.template_variables)
    assert request.thinking_tokens == (9 if "budget_tokens" in str(given) else None)


def test_template_variables_of_a_response(scripted: ScriptedServer) -> None:
    with scripted.http() as http:
        body = {"model": "plain", "input": "x", "chat_template_kwargs": {"enable_thinking": False, "date": "today"}}
        assert http.post("/v1/responses", json=body).status_code == 200
    assert scripted.script.request.effort == "none"
    assert scripted.script.request.template_variables == {"enable_thinking": False, "date": "today"}


@pytest.mark.parametrize("asked", [{"include_reasoning": False}, {"reasoning": {"exclude": True}}])
@pytest.mark.parametrize("stream", [False, True])
def test_thoughts_may_be_left_out(scripted: ScriptedServer, asked: dict[str, Any], stream: bool) -> None:
    scripted.script.say("Yes.", thinking=["Secret."])
    scripted.script.say("Yes.", thinking=["Secret."])
    with scripted.http() as http:
        body = {"model": "plain", "messages": ASK, "stream": stream}
        assert "Secret." in http.post("/v1/chat/completions", json=body).text
        answer = http.post("/v1/chat/completions", json={**body, **asked}).text
    assert "Yes." in answer
    assert "Secret." not in answer


def test_usage_in_a_stream_as_openrouter_has_it(scripted: ScriptedServer) -> None:
    with scripted.http() as http:
        body = {"model": "plain", "messages": ASK, "stream": True, "usage": {"include": True}}
        assert '"usage":{' in http.post("/v1/chat/completions", json=body).text


@pytest.mark.parametrize(
    ("messages", "given", "prompted"),
    [
        (ASK, {"add_generation_prompt": True}, True),
        (ASK, {"add_generation_prompt": False}, False),
        (ANSWERED, {"add_generation_prompt": False, "continue_final_message": True}, True),
        (ANSWERED, {"continue_final_message": True}, True),
        (ASK, {"continue_final_message": False}, True),
    ],
)
def test_how_the_prompt_ends(
    scripted: ScriptedServer, messages: list[Any], given: dict[str, Any], prompted: bool
) -> None:
    assert heard(scripted, messages=messages, **given).generation_prompt == prompted


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"guided_json": "{"}, "guided_json"),
        ({"guided_json": "[]"}, "guided_json"),
        ({"guided_json": SCHEMA, "guided_regex": "a"}, "guided_regex"),
        ({"guided_json": SCHEMA, "response_format": {"type": "json_object"}}, "guided_json"),
        ({"response_format": {"type": "text", "schema": {}}}, "response_format.schema"),
        ({"structured_outputs": {"structural_tag": {}}}, "structured_outputs.structural_tag"),
        (
            {"structured_outputs": {"json": SCHEMA, "disable_additional_properties": True}},
            "structured_outputs.disable_additional_properties",
        ),
        ({"structured_outputs": {"magic": 1}}, "structured_outputs.magic"),
        ({"chat_template_kwargs": {"messages": []}}, "chat_template_kwargs.messages"),
        ({"chat_template": "{{ x }}"}, "chat_template"),
        ({"continue_final_message": True}, "continue_final_message"),
        ({"continue_final_message": False, "messages": ANSWERED}, "continue_final_message"),
        (
            {"continue_final_message": True, "add_generation_prompt": True, "messages": ANSWERED},
            "continue_final_message",
        ),
        ({"repetition_penalty": 1.5, "repeat_penalty": 1.2}, "repetition_penalty"),
        ({"min_tokens": 5}, "min_tokens"),
        ({"ignore_eos": True}, "ignore_eos"),
        ({"skip_special_tokens": False}, "skip_special_tokens"),
        ({"stop_token_ids": [1]}, "stop_token_ids"),
        ({"echo": True}, "echo"),
        ({"stop": ["x"] * 129}, "stop"),
    ],
)
def test_what_cannot_act_is_refused_by_name(scripted: ScriptedServer, given: dict[str, Any], param: str) -> None:
    with scripted.http() as http:
        answer = http.post("/v1/chat/completions", json={"model": "plain", "messages": ASK, **given})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param), answer.text


@pytest.mark.parametrize(
    "given",
    [
        {"min_tokens": 0, "ignore_eos": False, "length_penalty": 1.0, "use_beam_search": False, "mirostat": 0},
        {"skip_special_tokens": True, "spaces_between_special_tokens": True, "include_stop_str_in_output": False},
        {"structured_outputs": {"disable_additional_properties": False, "disable_any_whitespace": True}},
        {"stop_token_ids": [], "bad_words": [], "top_a": 0.0, "echo": False, "add_special_tokens": False},
    ],
)
def test_what_holds_anyway_may_be_said(scripted: ScriptedServer, given: dict[str, Any]) -> None:
    assert heard(scripted, **given) == heard(scripted)


@pytest.mark.parametrize(
    ("given", "fits"),
    [
        ({"guided_choice": ["red", "green / blue"]}, lambda text: text in ("red", "green / blue")),
        ({"guided_regex": '^"[^"\\\\/]{3}/\\d{2}"$'}, lambda text: len(text) == 8 and text[4] == "/"),
        ({"guided_grammar": 'root ::= "a" [0-9] "}"'}, lambda text: text[0] + text[2:] == "a}"),
        ({"structured_outputs": {"grammar": 'start: "x" DIGIT\nDIGIT: /[0-9]/'}}, lambda text: text[0] == "x"),
    ],
)
def test_forms_of_text_are_held(server: RunningServer, given: dict[str, Any], fits: Any) -> None:
    with server.http() as http:
        chat = {"model": "tiny", "messages": ASK, "max_tokens": 50, **given}
        answer = http.post("/v1/chat/completions", json=chat)
        assert fits(answer.json()["choices"][0]["message"]["content"]), answer.text
        answer = http.post("/v1/completions", json={"model": "tiny", "prompt": "x", "max_tokens": 50, **given})
        assert fits(answer.json()["choices"][0]["text"]), answer.text


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"guided_regex": "(?=a)b"}, "guided_regex"),
        ({"guided_grammar": "start: ("}, "guided_grammar"),
        ({"structured_outputs": {"grammar": "start: a"}}, "structured_outputs.grammar"),
        ({"guided_json": {"type": "magic"}}, "guided_json.type"),
    ],
)
def test_forms_that_are_none_are_named(server: RunningServer, given: dict[str, Any], param: str) -> None:
    with server.http() as http:
        answer = http.post("/v1/chat/completions", json={"model": "tiny", "messages": ASK, **given})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param), answer.text
