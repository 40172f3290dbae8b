"""What of the native API's bodies reaches the engine, and its answers as the `ollama` package reads them."""

import base64
import json
from typing import Any

import ollama
import pytest

from puna.core.completions import CompletionRequest
from puna.core.errors import ContextLengthExceeded, EngineFailed, EngineLost, InvalidRequest
from puna.core.events import Done, Event, Finished, TextDelta, Timings, TokenLogprob, ToolCallDelta, Usage
from puna.core.formats import Format, FreeText, JsonObject, JsonSchema
from puna.core.messages import Image, Message, Text, ToolCall
from puna.core.requests import ChatRequest
from puna.core.subjects import Conversation
from puna.core.tools import Tool
from tests.pictures import plain
from tests.scripted import ScriptedServer

ASK = [{"role": "user", "content": "Hello"}]
SCHEMA = {"type": "object", "maxProperties": 3}
TOOL: Any = {"type": "function", "function": {"name": "add", "description": "Adds", "parameters": SCHEMA}}


@pytest.fixture
def native(scripted: ScriptedServer) -> ollama.Client:
    return scripted.ollama()


def chatted(server: ScriptedServer, model: str = "plain", **fields: Any) -> ChatRequest:
    """A chat as the engine got it."""
    with server.http() as http:
        answer = http.post("/api/chat", json={"model": model, "messages": ASK, "stream": False, **fields})
    assert answer.status_code == 200, answer.text
    found: ChatRequest = server.script.request
    return found


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"role": "System", "content": "Be kind."}, Message(role="system", content=(Text("Be kind."),))),
        ({"role": "user"}, Message(role="user", content=(Text(""),))),
        (
            {"role": "assistant", "content": "Yes.", "thinking": "Hm."},
            Message(role="assistant", content=(Text("Yes."),), reasoning="Hm."),
        ),
    ],
)
def test_each_role(scripted: ScriptedServer, given: dict[str, Any], expected: Message) -> None:
    assert chatted(scripted, messages=[given]).messages == (expected,)


def test_results_find_the_calls_they_answer_without_ids(scripted: ScriptedServer) -> None:
    calls = [{"function": {"name": name, "arguments": {"a": 1}}} for name in ("add", "sub")]
    asked, subtracted, added = chatted(
        scripted,
        messages=[
            {"role": "assistant", "tool_calls": calls},
            {"role": "tool", "tool_name": "sub", "content": "1"},
            {"role": "tool", "content": "2"},
        ],
    ).messages
    add, sub = asked.tool_calls
    assert (add, sub.name) == (ToolCall(add.id, "add", '{"a":1}'), "sub")
    assert (subtracted.tool_call_id, added.tool_call_id) == (sub.id, add.id)


def test_pictures_come_before_the_text(scripted: ScriptedServer) -> None:
    encoded = base64.b64encode(plain()).decode()
    [message] = chatted(scripted, "sees", messages=[{**ASK[0], "images": [encoded]}]).messages
    assert message.content == (Image(plain(), "image/png"), Text("Hello"))
    with pytest.raises(ollama.ResponseError, match="image") as refused:
        scripted.ollama().chat("plain", [{**ASK[0], "images": [encoded]}])
    assert refused.value.status_code == 400


@pytest.mark.parametrize(
    ("options", "name", "value"),
    [
        ({}, "temperature", 0.8),
        ({}, "top_k", 40),
        ({}, "top_p", 0.9),
        ({}, "max_tokens", None),
        ({"temperature": 0}, "temperature", 0),
        ({"num_predict": 5}, "max_tokens", 5),
        ({"stop": ["a", "b"]}, "stop", ("a", "b")),
        ({"seed": 7}, "seed", 7),
        ({"repeat_penalty": 1.5}, "repeat_penalty", 1.5),
    ],
)
def test_options_and_ollamas_defaults(scripted: ScriptedServer, options: Any, name: str, value: Any) -> None:
    assert getattr(chatted(scripted, options=options).sampling, name) == value


@pytest.mark.parametrize(
    ("fields", "name", "value"),
    [
        ({"think": False}, "effort", "none"),
        ({"think": True}, "effort", "medium"),
        ({"think": "low"}, "effort", "low"),
        ({"logprobs": True}, "logprobs", 0),
        ({"logprobs": True, "top_logprobs": 3}, "logprobs", 3),
        ({}, "logprobs", None),
        ({"tools": [TOOL]}, "tools", (Tool(name="add", description="Adds", parameters=SCHEMA),)),
    ],
)
def test_each_other_field(scripted: ScriptedServer, fields: Any, name: str, value: Any) -> None:
    assert getattr(chatted(scripted, "tiny", **fields), name) == value


@pytest.mark.parametrize(
    ("form", "expected"), [("", FreeText()), ("json", JsonObject()), (SCHEMA, JsonSchema(schema=SCHEMA))]
)
def test_each_form_of_the_answer(scripted: ScriptedServer, form: Any, expected: Format) -> None:
    scripted.script.say("{}")
    assert chatted(scripted, format=form).format == expected


def test_generate_is_a_chat_of_one_message_or_goes_on_after_its_prompt(
    scripted: ScriptedServer, native: ollama.Client
) -> None:
    scripted.script.say("This is a test.", thinking=["Hm."])
    answer = native.generate("plain", "Hello", system="Be kind.")
    assert (answer.response, answer.thinking) == ("This is a test.", "Hm.")
    assert [(message.role, message.text) for message in scripted.script.request.messages] == [
        ("system", "Be kind."),
        ("user", "Hello"),
    ]
    native.generate("plain", "Once", raw=True, options={"num_predict": 2})
    request = scripted.script.request
    assert isinstance(request, CompletionRequest)
    assert (request.prompts, request.sampling.max_tokens) == (("Once",), 2)
    native.generate("plain", "Once", suffix="end")
    assert scripted.script.request.suffix == "end"


def test_a_whole_answer_and_what_it_took(scripted: ScriptedServer, native: ollama.Client) -> None:
    scripted.script.answer(
        TextDelta(0, "This is"),
        TextDelta(0, " a test."),
        Finished(0, "length"),
        Done(Usage(7, 5), Timings(0.5, 0.25)),
    )
    answer = native.chat("plain", ASK)
    assert (answer.message.role, answer.message.content) == ("assistant", "This is a test.")
    assert (answer.done, answer.done_reason) == (True, "length")
    assert (answer.prompt_eval_count, answer.eval_count) == (7, 5)
    assert (answer.prompt_eval_duration, answer.eval_duration) == (500_000_000, 250_000_000)
    assert answer.total_duration is not None
    assert answer.total_duration >= (answer.load_duration or 0) >= 0


def test_a_stream_is_rows_of_which_the_last_measures(scripted: ScriptedServer) -> None:
    scripted.script.say("This is", " a test.", thinking=["Hm."])
    with scripted.http() as http:
        response = http.post("/api/chat", json={"model": "plain", "messages": ASK})
    assert response.headers["content-type"] == "application/x-ndjson"
    *rows, last = [json.loads(line) for line in response.content.splitlines()]
    assert [row["message"] for row in rows] == [
        {"role": "assistant", "content": "", "thinking": "Hm."},
        {"role": "assistant", "content": "This is"},
        {"role": "assistant", "content": " a test."},
    ]
    assert {*rows[0]} == {"model", "created_at", "message", "done"}
    assert not any(row["done"] for row in rows)
    assert (last["done"], last["done_reason"], last["message"]["content"]) == (True, "stop", "")
    assert {"total_duration", "load_duration", "prompt_eval_count", "eval_duration"} < {*last}


@pytest.mark.parametrize("stream", [False, True])
def test_calls_come_whole_and_one_that_was_cut_off_not_at_all(scripted: ScriptedServer, stream: bool) -> None:
    events: list[Event] = [
        ToolCallDelta(0, 0, '{"a"', "call_1", "add"),
        ToolCallDelta(0, 0, f": {10**25}}}"),
        ToolCallDelta(0, 1, '{"b', "call_2", "add"),
        Finished(0, "length"),
        Done(Usage(1, 1)),
    ]
    scripted.script.answer(*events)
    native: Any = scripted.ollama()
    answer = native.chat("plain", ASK, tools=[TOOL], stream=stream)
    messages = [row.message for row in answer] if stream else [answer.message]
    [call] = [call for message in messages for call in message.tool_calls or ()]
    assert (call.function.name, call.function.arguments) == ("add", {"a": 10**25})


def test_log_probabilities_of_a_character_of_two_tokens(scripted: ScriptedServer) -> None:
    tokens = (TokenLogprob(1, "", b"\xc3", -0.5), TokenLogprob(2, "", b"\xa9", float("-inf")))
    scripted.script.answer(TextDelta(0, "é", tokens), Finished(0, "stop"), Done(Usage(1, 2)))
    with scripted.http() as http:
        body = {"model": "plain", "messages": ASK, "stream": False, "logprobs": True}
        answer = http.post("/api/chat", json=body).json()
    assert [(each["token"], each["bytes"], each["logprob"]) for each in answer["logprobs"]] == [
        ("bytes:\\xc3", [0xC3], -0.5),
        ("bytes:\\xa9", [0xA9], -9999.0),
    ]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ContextLengthExceeded(600, 256, about=Conversation()), 400),
        (InvalidRequest("No."), 400),
        (EngineFailed("The model could not be loaded."), 500),
    ],
)
def test_what_goes_wrong_before_the_first_row_is_a_plain_error(
    scripted: ScriptedServer, stream: bool, error: Exception, status: int
) -> None:
    scripted.script.answer(error)
    with scripted.http() as http:
        answer = http.post("/api/chat", json={"model": "plain", "messages": ASK, "stream": stream})
    assert (answer.status_code, [*answer.json()]) == (status, ["error"])


def test_what_goes_wrong_later_is_the_last_row(scripted: ScriptedServer) -> None:
    scripted.script.answer(TextDelta(0, "This"), InvalidRequest("Too strange."))
    with scripted.http() as http:
        answer = http.post("/api/chat", json={"model": "plain", "messages": ASK})
    first, last = [json.loads(line) for line in answer.content.splitlines()]
    assert (first["message"]["content"], last) == ("This", {"error": "Too strange."})


def test_text_goes_on_with_the_next_engine_when_one_is_lost(scripted: ScriptedServer, native: ollama.Client) -> None:
    scripted.script.answer(TextDelta(0, "This is"), EngineLost("It was killed.", own_fault=False))
    scripted.script.say(" a test.")
    assert "".join(row.message.content or "" for row in native.chat("plain", ASK, stream=True)) == "This is a test."


@pytest.mark.parametrize(
    ("path", "fields", "named"),
    [
        ("chat", {"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role"),
        ("chat", {"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
        ("chat", {"messages": ASK, "think": "very"}, "think"),
        ("chat", {"messages": ASK, "think": True}, "does not support thinking"),
        ("chat", {"messages": ASK, "format": "xml"}, "format"),
        ("chat", {"messages": ASK, "top_logprobs": 3}, "'top_logprobs' is only allowed when 'logprobs' is true"),
        ("chat", {"messages": ASK, "options": {"num_ctxx": 5}}, "num_ctxx"),
        ("chat", {"messages": ASK, "options": {"temperature": "warm"}}, "temperature"),
        ("chat", {"messages": ASK, "options": {"mirostat": 1}}, "mirostat"),
        ("chat", {"messages": ASK, "options": {"stop": [""]}}, "'stop' must not be empty"),
        ("chat", {"messages": ASK, "options": {"repeat_penalty": 0}}, "'repeat_penalty' has to be above 0"),
        ("chat", {"messages": ASK, "options": {"repeat_last_n": -2}}, "'repeat_last_n' has to be from -1"),
        ("chat", {"messages": ASK, "colour": 1}, "colour"),
        ("chat", {"messages": [{"role": "user", "content": "x", "images": ["?"]}]}, "images"),
        ("chat", {"messages": ASK, "keep_alive": "soon"}, "keep_alive"),
        ("chat", {"messages": ASK, "tools": [TOOL, TOOL]}, "'add'"),
        ("chat", {"messages": ASK, "options": {"num_ctx": -4}}, "'num_ctx' has to be above 0"),
        ("generate", {"prompt": "x", "raw": True, "system": "y"}, "'system'"),
        ("generate", {"prompt": "x", "context": [1]}, "context"),
        ("generate", {"prompt": "x", "width": 8}, "is not an image model"),
        ("embed", {"input": 3}, "input"),
    ],
)
def test_what_can_not_be_is_named_and_reaches_no_engine(
    scripted: ScriptedServer, path: str, fields: dict[str, Any], named: str
) -> None:
    with scripted.http() as http:
        answer = http.post(f"/api/{path}", json={"model": "plain", **fields})
    assert answer.status_code == 400, answer.text
    assert named in answer.json()["error"]
    assert scripted.script.requests == []


def test_truncate_and_shift_are_taken_where_nothing_has_to_be_cut(scripted: ScriptedServer) -> None:
    for path, fields in (
        ("chat", {"messages": ASK, "truncate": True, "shift": True}),
        ("generate", {"prompt": "x", "truncate": True, "shift": True}),
        ("embed", {"input": "x", "truncate": True}),
    ):
        with scripted.http() as http:
            answer = http.post(
                f"/api/{path}",
                json={"model": "plain", "stream": False, **fields}
                if path != "embed"
                else {"model": "plain", **fields},
            )
        assert answer.status_code == 200, answer.text


def test_what_asks_nothing_loads_and_unloads(scripted: ScriptedServer, native: ollama.Client) -> None:
    assert native.chat("plain", []).done_reason == "load"
    assert native.generate("plain", "").done_reason == "load"
    assert native.chat("plain", [], keep_alive=0).done_reason == "unload"
    assert scripted.script.requests == []
