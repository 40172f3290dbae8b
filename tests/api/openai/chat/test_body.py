"""What of a chat's other fields reaches the engine."""

from typing import Any

import pytest

from puna.core.formats import Format, FreeText, JsonObject, JsonSchema
from puna.core.requests import ChatRequest
from puna.core.tools import TextGrammar, Tool, ToolChoice
from tests.scripted import ScriptedServer

ADD = {
    "name": "add",
    "description": "Adds",
    "parameters": {"type": "object", "properties": {"a": {}}},
    "strict": True,
}
ADDING = Tool(name="add", description="Adds", parameters=ADD["parameters"], strict=True)  # type: ignore[arg-type]
SUB = Tool(name="sub")
TOOLS = [{"type": "function", "function": ADD}, {"type": "function", "function": {"name": "sub"}}]
NAMED = {"type": "function", "function": {"name": "sub"}}


def heard(server: ScriptedServer, **fields: Any) -> ChatRequest:
    """The request as the engine got it."""
    body = {"model": "plain", "messages": [{"role": "user", "content": "Hello"}], **fields}
    with server.http() as http:
        answer = http.post("/v1/chat/completions", json=body)
    assert answer.status_code in (200, 422), answer.text  # what a script says fits no schema
    found: ChatRequest = server.script.request
    return found


@pytest.mark.parametrize(
    ("role", "given", "name"),
    [("user", "user", None), ("assistant", "assistant", None), ("user", "Ann", "Ann"), ("system", "user", "user")],
)
def test_a_name_that_repeats_the_role_is_not_written(
    scripted: ScriptedServer, role: str, given: str, name: str | None
) -> None:
    """AutoGen names every message of a user `user`."""
    said = [{"role": role, "content": "Hello", "name": given}, {"role": "user", "content": "And?"}]
    assert heard(scripted, messages=said).messages[0].name == name


@pytest.mark.parametrize(
    ("fields", "name", "value"),
    [
        ({"temperature": 0}, "temperature", 0),
        ({"top_p": 0.5}, "top_p", 0.5),
        ({"top_k": 3}, "top_k", 3),
        ({"min_p": 0.1}, "min_p", 0.1),
        ({"frequency_penalty": -2}, "frequency_penalty", -2),
        ({"presence_penalty": 2}, "presence_penalty", 2),
        ({"repeat_penalty": 1.5}, "repeat_penalty", 1.5),
        ({"max_tokens": 5}, "max_tokens", 5),
        ({"max_completion_tokens": 6}, "max_tokens", 6),
        ({"max_tokens": 5, "max_completion_tokens": 2}, "max_tokens", 2),
        ({"max_tokens": 2, "max_completion_tokens": 5}, "max_tokens", 2),
        ({"stop": "a"}, "stop", ("a",)),
        ({"stop": ["a", "b"]}, "stop", ("a", "b")),
        ({"seed": -1}, "seed", -1),
        ({"seed": 2**63 - 1}, "seed", 2**63 - 1),
        ({"logit_bias": {"5": -100, "7": 1.5}}, "logit_bias", ((5, -100), (7, 1.5))),
    ],
)
def test_each_setting_of_the_sampling(scripted: ScriptedServer, fields: Any, name: str, value: Any) -> None:
    assert getattr(heard(scripted, **fields).sampling, name) == value


@pytest.mark.parametrize(
    ("fields", "name", "value"),
    [
        ({}, "choices", 1),
        ({"n": 3}, "choices", 3),
        ({}, "logprobs", None),
        ({"logprobs": False}, "logprobs", None),
        ({"logprobs": True}, "logprobs", 0),
        ({"logprobs": True, "top_logprobs": 20}, "logprobs", 20),
        ({}, "effort", None),
        ({"reasoning_effort": "none"}, "effort", "none"),
        ({"reasoning_effort": "xhigh"}, "effort", "xhigh"),
        ({"reasoning": {"effort": "low"}}, "effort", "low"),
        ({}, "format", FreeText()),
        ({"response_format": {"type": "text"}}, "format", FreeText()),
        ({"tools": TOOLS}, "tools", (ADDING, SUB)),
        ({"tools": TOOLS}, "tool_choice", ToolChoice()),
        ({"tools": TOOLS, "tool_choice": "none"}, "tool_choice", ToolChoice(mode="none")),
        ({"tools": TOOLS, "tool_choice": "required"}, "tool_choice", ToolChoice(mode="required")),
        ({"tools": TOOLS, "tool_choice": NAMED}, "tool_choice", ToolChoice(mode="required", names=("sub",))),
        (
            {
                "tools": TOOLS,
                "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [NAMED]}},
            },
            "tool_choice",
            ToolChoice(mode="auto", names=("sub",)),
        ),
        ({"tools": TOOLS}, "parallel_tool_calls", True),
        ({"tools": TOOLS, "parallel_tool_calls": False}, "parallel_tool_calls", False),
        ({"functions": [ADD]}, "tools", (ADDING,)),
        ({"functions": [ADD]}, "parallel_tool_calls", False),
        (
            {"functions": [ADD], "function_call": {"name": "add"}},
            "tool_choice",
            ToolChoice(mode="required", names=("add",)),
        ),
    ],
)
def test_each_other_field(scripted: ScriptedServer, fields: Any, name: str, value: Any) -> None:
    assert getattr(heard(scripted, **fields), name) == value


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"type": "json_object"}, JsonObject()),
        ({"type": "json_schema", "json_schema": {"name": "n"}}, JsonSchema(schema={"type": "object"}, name="n")),
        (
            {"type": "json_schema", "json_schema": {"name": "n", "schema": {"maxProperties": 1}}},
            JsonSchema(schema={"maxProperties": 1}, name="n"),
        ),
    ],
)
def test_each_form_of_the_answer(scripted: ScriptedServer, form: dict[str, Any], expected: Format) -> None:
    scripted.script.say("{}")
    assert heard(scripted, response_format=form).format == expected


def test_a_custom_tool_is_a_function_of_a_text(scripted: ScriptedServer) -> None:
    grammar = {"type": "grammar", "grammar": {"syntax": "regex", "definition": "[0-9]"}}
    plain, formed = heard(
        scripted,
        tools=[
            {"type": "custom", "custom": {"name": "note", "description": "Notes"}},
            {"type": "custom", "custom": {"name": "dial", "format": grammar}},
        ],
    ).tools
    assert (plain.name, plain.description, [*plain.parameters["properties"]]) == ("note", "Notes", ["input"])
    assert formed.text == TextGrammar("regex", "[0-9]")


def test_the_documented_no_ops_change_nothing(scripted: ScriptedServer) -> None:
    decorated = heard(
        scripted,
        user="me",
        metadata={"a": "b"},
        store=True,
        service_tier="auto",
        safety_identifier="x",
        prompt_cache_key="x",
    )
    assert decorated == heard(scripted)


def test_a_prediction_is_a_text_whole_or_in_parts(scripted: ScriptedServer) -> None:
    assert heard(scripted).prediction == ""
    assert heard(scripted, prediction={"type": "content", "content": "Hello"}).prediction == "Hello"
    parts: Any = [{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}]
    assert heard(scripted, prediction={"type": "content", "content": parts}).prediction == "Hello"


def test_what_nobody_set_has_openais_defaults(scripted: ScriptedServer) -> None:
    sampling = heard(scripted).sampling
    assert (sampling.temperature, sampling.top_p) == (1, 1)
