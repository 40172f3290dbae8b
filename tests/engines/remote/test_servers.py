"""What each kind of server gets of a request, and what its answers mean. The chunks are as vLLM, SGLang, Ollama and
OpenAI write them."""

import json
from typing import Any

import openai
import pytest

from puna.core.messages import Message, Text
from puna.core.requests import ChatRequest
from puna.engines.remote.chat_body import chat_body
from puna.engines.remote.discovery import Traits
from puna.engines.remote.servers import OPENAI, PUNA, VLLM
from tests.engines.remote.front import Front
from tests.engines.remote.stub import Stub, chunk

PATH = "/v1/chat/completions"
ASKED: list[Any] = [{"role": "user", "content": "hi"}]
TOOL: Any = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
END = chunk({}, finish_reason="stop")


def made(front: Front, stub: Stub, kind: str, model: str = "m") -> str:
    """A model whose server is of that kind."""
    owners = {"vllm": "vllm", "sglang": "sglang", "llama-server": "llamacpp"}
    stub.owned_by(owners.get(kind, "library"), model, **({"max_model_len": 4096} if kind == "vllm" else {}))
    if kind == "ollama":
        stub.tell("/api/version", {"version": "0.20.0"})
        stub.tell("/api/show", {"capabilities": ["completion", "tools"], "model_info": {"a.context_length": 131072}})
    if kind == "llama-server":
        stub.tell("/props", {"default_generation_settings": {"n_ctx": 2048}, "modalities": {"vision": False}})
    return front.make(f"{kind}-{stub.url.rsplit(':')[-1].partition('/')[0]}", f"FROM {stub.url} {model}")


@pytest.mark.parametrize(
    ("kind", "sent", "got"),
    [
        ("vllm", {"top_k": 5, "repeat_penalty": 1.1}, {"top_k": 5, "repetition_penalty": 1.1}),
        ("sglang", {"min_p": 0.1, "seed": 3}, {"min_p": 0.1, "seed": 3}),
        ("llama-server", {"typical_p": 0.9, "repeat_last_n": 64}, {"typical_p": 0.9, "repeat_last_n": 64}),
        ("generic", {"temperature": 1, "logit_bias": {"7": 5}}, {"temperature": 1, "logit_bias": {"7": 5}}),
        ("generic", {"top_k": 0, "min_p": 0}, {}),
        ("ollama", {"stop": ["x"], "max_tokens": 9}, {"stop": ["x"], "max_tokens": 9}),
        ("ollama", {"reasoning_effort": "minimal"}, {"reasoning_effort": "low"}),
        ("vllm", {"reasoning_effort": "none"}, {"chat_template_kwargs": {"enable_thinking": False}}),
        ("vllm", {"logprobs": True, "top_logprobs": 2}, {"logprobs": True, "top_logprobs": 2}),
        ("sglang", {"tools": [TOOL], "tool_choice": "none"}, {}),
        ("generic", {"tools": [TOOL], "tool_choice": "auto"}, {"tools": [TOOL]}),
    ],
)
def test_a_server_gets_what_it_knows_in_its_own_words(
    kind: str, sent: dict[str, Any], got: dict[str, Any], front: Front, stub: Stub
) -> None:
    name = made(front, stub, kind)
    token = {"token": "ok", "logprob": -0.5, "bytes": [111, 107], "top_logprobs": []}
    stub.stream(chunk({"content": "ok"}, logprobs={"content": [token]}), END)
    answer = front.post(PATH, model=name, messages=ASKED, **sent)
    assert answer.status_code == 200, answer.text
    body = stub.bodies[-1]
    always = {"model": "m", "messages": ASKED, "stream": True, "stream_options": {"include_usage": True}}
    found = {key: value for key, value in body.items() if key not in always}
    for tool in found.get("tools", ()):
        tool["function"].pop("description")
    assert found == got
    assert {key: body[key] for key in always} == always


def test_a_prediction_is_sent_to_servers_that_draft_from_it() -> None:
    asked = ChatRequest(messages=(Message(role="user", content=(Text("hi"),)),), prediction="Hello")
    sent = {"type": "content", "content": "Hello"}
    found = [chat_body(asked, "m", Traits(server=server)).get("prediction") for server in (PUNA, OPENAI, VLLM)]
    assert found == [sent, sent, None]


@pytest.mark.parametrize(
    ("kind", "sent", "param"),
    [
        ("generic", {"top_k": 5}, "top_k"),
        ("generic", {"chat_template_kwargs": {"a": 1}}, "chat_template_kwargs"),
        ("ollama", {"logit_bias": {"7": 5}}, "logit_bias"),
        ("ollama", {"tools": [TOOL], "tool_choice": "required"}, "tool_choice"),
        ("vllm", {"typical_p": 0.5}, "typical_p"),
        ("vllm", {"guided_regex": "a+"}, "guided_regex"),
        ("sglang", {"reasoning": {"max_tokens": 9}}, "reasoning.max_tokens"),
    ],
)
def test_what_a_server_would_pass_over_is_refused_by_name(
    kind: str, sent: dict[str, Any], param: str, front: Front, stub: Stub
) -> None:
    answer = front.post(PATH, model=made(front, stub, kind), messages=ASKED, **sent)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["param"] == param
    assert not [each for each in stub.asked if each.path == PATH]


@pytest.mark.parametrize(
    "deltas",
    [
        [{"reasoning_content": "Let me "}, {"reasoning_content": "see."}, {"content": "Yes."}],
        [{"reasoning": "Let me "}, {"reasoning": "see.", "content": ""}, {"content": "Yes."}],
        [{"content": "<thi"}, {"content": "nk>\nLet me see.</th"}, {"content": "ink>\n\nYes."}],
        [{"content": "\n<think>Let me see.\n</think>\nYes."}],
    ],
)
def test_thinking_in_each_spelling(deltas: list[dict[str, Any]], front: Front, stub: Stub) -> None:
    stub.stream(chunk({"role": "assistant", "content": ""}), *map(chunk, deltas), END)
    answer = front.post(PATH, model=made(front, stub, "generic"), messages=ASKED).json()
    message = answer["choices"][0]["message"]
    assert (message["reasoning_content"], message["content"]) == ("Let me see.", "Yes.")


@pytest.mark.parametrize("text", ["<b>bold</b>", "<", "<think", "a <think> b"])
def test_what_only_looks_like_thinking_is_text(text: str, front: Front, stub: Stub) -> None:
    stub.stream(*(chunk({"content": letter}) for letter in text), END)
    answer = front.post(PATH, model=made(front, stub, "generic"), messages=ASKED).json()
    assert answer["choices"][0]["message"]["content"] == text


VLLM_CALLS = [
    {"tool_calls": [{"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": ""}}]},
    {"tool_calls": [{"index": 0, "function": {"arguments": '{"x"'}}]},
    {"tool_calls": [{"index": 0, "function": {"arguments": ": 1}"}}]},
    {"tool_calls": [{"index": 1, "id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"}}]},
]
OLLAMA_CALLS = [
    {"tool_calls": [{"id": "a", "index": 0, "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}]},
    {"tool_calls": [{"id": "b", "index": 0, "type": "function", "function": {"name": "g", "arguments": "{}"}}]},
]
BARE_CALLS = [
    {
        "tool_calls": [
            {"function": {"name": "f", "arguments": {"x": 1}}},
            {"function": {"name": "g", "arguments": {}}},
        ]
    },
]


@pytest.mark.parametrize("deltas", [VLLM_CALLS, OLLAMA_CALLS, BARE_CALLS])
def test_calls_in_each_spelling(deltas: list[dict[str, Any]], front: Front, stub: Stub) -> None:
    stub.stream(*map(chunk, deltas), END)
    name = made(front, stub, "vllm")
    choice = front.post(PATH, model=name, messages=ASKED, tools=[TOOL]).json()["choices"][0]
    calls = choice["message"]["tool_calls"]
    found = [(call["function"]["name"], json.loads(call["function"]["arguments"])) for call in calls]
    assert found == [("f", {"x": 1}), ("g", {})]
    assert len({call["id"] for call in calls}) == 2
    assert choice["finish_reason"] == "tool_calls"
    one = front.post(PATH, model=name, messages=ASKED, tools=[TOOL], parallel_tool_calls=False).json()["choices"][0]
    assert [call["function"]["name"] for call in one["message"]["tool_calls"]] == ["f"]


def test_a_server_that_gives_one_answer_is_asked_for_each(front: Front, stub: Stub) -> None:
    stub.say("One", usage=(3, 2))
    answer = front.post(PATH, model=made(front, stub, "ollama"), messages=ASKED, n=3).json()
    assert [choice["message"]["content"] for choice in answer["choices"]] == ["One"] * 3
    assert (answer["usage"]["prompt_tokens"], answer["usage"]["completion_tokens"]) == (3, 6)
    assert not [body for body in stub.bodies if "n" in body]


def test_that_a_server_passes_over_n_is_found_out_once(front: Front, stub: Stub) -> None:
    name = made(front, stub, "generic")
    stub.say("One")
    for _ in range(2):
        assert len(front.post(PATH, model=name, messages=ASKED, n=2).json()["choices"]) == 2
    assert [body.get("n") for body in stub.bodies] == [2, None, None, None]


def test_that_a_server_passes_over_logprobs_is_found_out_once(front: Front, stub: Stub) -> None:
    name = made(front, stub, "generic")
    stub.say("One")
    for _ in range(2):
        answer = front.post(PATH, model=name, messages=ASKED, logprobs=True)
        assert answer.status_code == 400
        assert answer.json()["error"]["param"] == "logprobs"
    assert len(stub.bodies) == 1


def test_a_schema_is_checked_here_where_the_server_does_not_hold_it(front: Front, stub: Stub) -> None:
    name = made(front, stub, "ollama")
    stub.say("It is 5.")
    stub.say('{"a": "five"}')
    stub.say('{"a": 5}')
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    form = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}
    answer = front.post(PATH, model=name, messages=ASKED, response_format=form)
    assert answer.json()["choices"][0]["message"]["content"] == '{"a": 5}'
    assert len(stub.bodies) == 3


def test_a_call_that_was_required_and_did_not_come_is_an_error(front: Front, stub: Stub) -> None:
    name = made(front, stub, "vllm")
    stub.say("No.")
    answer = front.post(PATH, model=name, messages=ASKED, tools=[TOOL], tool_choice="required")
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "schema_not_met"


def test_a_model_that_sees_nothing_gets_no_picture(front: Front, stub: Stub) -> None:
    part = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + PIXEL}}
    asked = [{"role": "user", "content": [part]}]
    answer = front.post(PATH, model=made(front, stub, "llama-server"), messages=asked)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "messages[0]"
    stub.say("A dot.")
    seen = front.post(PATH, model=made(front, stub, "generic"), messages=asked)
    assert seen.status_code in (200, 400)


PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="


def test_prompts_are_too_long_in_each_servers_words(front: Front, stub: Stub) -> None:
    name = made(front, stub, "vllm")
    says = (
        "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4900 in the "
        "messages, 100 in the completion). Please reduce the length of the messages or completion.",
        "Requested token count exceeds the model's maximum context length of 4096 tokens. You requested a total of "
        "5000 tokens: 4900 tokens from the input messages and 100 tokens for the completion.",
    )
    for message in says:
        stub.answers.pop(PATH, None)
        stub.tell(PATH, {"object": "error", "message": message, "type": "BadRequestError", "code": 400}, 400)
        answer = front.post(PATH, model=name, messages=ASKED)
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "context_length_exceeded"
        assert "4096" in answer.json()["error"]["message"]


def test_a_responses_client_over_a_server_of_chats_alone(front: Front, stub: Stub) -> None:
    name = made(front, stub, "generic")
    stub.say("Hello Ann.")
    client = front.client()
    first = client.responses.create(model=name, input="I am Ann.", instructions="Be kind.")
    client.responses.create(model=name, input="Who am I?", previous_response_id=first.id)
    assert stub.bodies[-1]["messages"] == [
        {"role": "user", "content": "I am Ann."},
        {"role": "assistant", "content": "Hello Ann."},
        {"role": "user", "content": "Who am I?"},
    ]


def test_log_probabilities_of_given_text_where_the_server_gives_them(front: Front, stub: Stub) -> None:
    name = made(front, stub, "vllm")
    scored = {
        "tokens": ["One", " two"],
        "token_logprobs": [None, -0.5],
        "top_logprobs": [None, {" two": -0.5, " to": -1.5}],
    }
    stub.tell("/v1/completions", {"choices": [{"index": 0, "text": "One two", "logprobs": scored}]})
    answer = front.post("/v1/completions", model=name, prompt="One two", echo=True, logprobs=1, max_tokens=0).json()
    assert stub.bodies == [
        {"model": "m", "prompt": "One two", "max_tokens": 0, "echo": True, "logprobs": 1},
    ]
    [choice] = answer["choices"]
    assert (choice["text"], choice["finish_reason"]) == ("One two", "length")
    assert choice["logprobs"] == {**scored, "text_offset": [0, 3]}
    assert answer["usage"]["prompt_tokens"] == 2


@pytest.mark.parametrize("kind", ["sglang", "llama-server", "ollama", "generic"])
def test_log_probabilities_of_given_text_are_refused_by_name(kind: str, front: Front, stub: Stub) -> None:
    name = made(front, stub, kind)
    answer = front.post("/v1/completions", model=name, prompt="One two", echo=True, logprobs=1)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "echo"
    assert not stub.bodies


def test_vectors_are_of_length_one_in_either_form(front: Front, stub: Stub) -> None:
    stub.tell("/v1/embeddings", {"data": [{"index": 1, "embedding": [0, 2]}, {"index": 0, "embedding": [3, 4]}]})
    answer = front.client().embeddings.create(model=made(front, stub, "generic"), input=["a", "b"])
    assert [row.embedding for row in answer.data] == [pytest.approx([0.6, 0.8]), [0, 1]]


def test_a_context_length_that_the_server_tells_is_shown(front: Front, stub: Stub) -> None:
    name = made(front, stub, "vllm")
    stub.say("Hello")
    front.post(PATH, model=name, messages=ASKED)
    with front.http() as http:
        [row] = [row for row in http.get("/api/ps").json()["models"] if row["name"] == f"{name}:latest"]
    assert (row["context_length"], row["servers"][0]["kind"]) == (4096, "vllm")


def test_an_error_in_the_middle_of_a_stream_is_said(front: Front, stub: Stub) -> None:
    name = made(front, stub, "generic")
    stub.stream(chunk({"content": "One "}), {"error": {"message": "CUDA out of memory", "code": 500}})
    stream = front.client().chat.completions.create(model=name, messages=ASKED, stream=True)
    with pytest.raises(openai.APIError, match="CUDA out of memory"):
        list(stream)
