import json
from typing import Any

import ollama
import pytest

from tests.server import RunningServer, StartServer

NO_SCHEMA = {"type": "function", "function": {"name": "sub", "parameters": {"type": "nonsense"}}}
TEST = [{"role": "user", "content": "Say this is a test"}]


def test_tiny_says_this_is_a_test(native: ollama.Client) -> None:
    answer = native.chat("tiny", TEST)
    assert answer.message.role == "assistant"
    assert answer.message.content == "This is a test."
    assert (answer.done, answer.done_reason) == (True, "stop")
    assert answer.total_duration is not None
    assert answer.total_duration > 0
    assert answer.prompt_eval_count
    assert answer.eval_count is not None
    assert answer.eval_count >= 4


def test_a_stream_says_the_same_and_measures_at_its_end(native: ollama.Client) -> None:
    *pieces, last = native.chat("tiny", TEST, stream=True)
    assert "".join(piece.message.content or "" for piece in pieces) == "This is a test."
    assert not any(piece.done for piece in pieces)
    assert (last.done, last.done_reason, last.message.content) == (True, "stop", "")
    assert last.eval_count


def test_the_conversation_is_remembered(native: ollama.Client) -> None:
    answer = native.chat(
        "tiny",
        [
            {"role": "user", "content": "My name is Alice."},
            {"role": "assistant", "content": "Nice to meet you, Alice."},
            {"role": "user", "content": "What is my name?"},
        ],
    )
    assert "Alice" in (answer.message.content or "")


def test_a_schema_is_kept_to(native: ollama.Client) -> None:
    schema = {"type": "object", "properties": {"count": {"type": "integer"}}, "required": ["count"]}
    answer = native.chat("tiny", TEST, format=schema, options={"num_predict": 200})
    assert isinstance(json.loads(answer.message.content or "")["count"], int)
    begun = native.chat("tiny", TEST, format="json", options={"num_predict": 3})
    assert (begun.message.content or "").lstrip().startswith("{")


def test_options_act(native: ollama.Client) -> None:
    short = native.chat("tiny", TEST, options={"num_predict": 2})
    assert (short.done_reason, short.eval_count) == ("length", 2)
    stopped = native.chat("tiny", TEST, options={"stop": ["is a"]})
    assert stopped.message.content is not None
    assert "is a" not in stopped.message.content
    with pytest.raises(ollama.ResponseError, match="64 tokens") as raised:
        native.chat("tiny", [{"role": "user", "content": "word " * 200}], options={"num_ctx": 64})
    assert raised.value.status_code == 400


def test_log_probabilities(native: ollama.Client) -> None:
    answer = native.chat("tiny", TEST, logprobs=True, top_logprobs=2)
    assert answer.logprobs
    assert all(token.logprob <= 0 for token in answer.logprobs)
    assert len(answer.logprobs[0].top_logprobs or ()) == 2


def test_calls_of_tools_come_whole_and_their_results_go_back(server: RunningServer) -> None:
    function = {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}
    call = {"function": {"name": "weather", "arguments": {"city": "Paris"}}}
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": "What is the weather in Paris?"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_name": "weather", "content": "sunny, 22 degrees"},
    ]
    tools: Any = [{"type": "function", "function": function}]
    assert server.ollama().chat("tiny", messages, tools=tools, options={"num_predict": 60}).done
    asked = server.ollama().chat("tiny", messages[:1], tools=tools, options={"num_predict": 60, "temperature": 0})
    for made in asked.message.tool_calls or ():
        assert made.function.name == "weather"
        assert isinstance(made.function.arguments, dict)


def test_a_request_without_messages_loads_and_unloads(start_server: StartServer) -> None:
    server = start_server()
    client = server.ollama()
    assert client.ps().models == []
    assert client.chat("tiny", []).done_reason == "load"
    [running] = client.ps().models
    assert running.model == "tiny:latest"
    assert running.size is not None
    assert running.size > 1_000_000
    assert running.context_length
    assert running.expires_at is not None
    assert client.chat("tiny", [], keep_alive=0).done_reason == "unload"
    assert client.ps().models == []
    assert client.generate("tiny", keep_alive="-1m").done_reason == "load"
    assert client.ps().models[0].expires_at is not None


def test_a_prompt_is_answered(native: ollama.Client) -> None:
    answer = native.generate("tiny", "Say this is a test")
    assert (answer.response, answer.done, answer.done_reason) == ("This is a test.", True, "stop")
    pieces = list(native.generate("tiny", "Say this is a test", stream=True))
    assert "".join(piece.response or "" for piece in pieces) == "This is a test."


def test_a_raw_prompt_is_gone_on_with(native: ollama.Client) -> None:
    answer = native.generate("tiny", "once upon", raw=True, options={"num_predict": 2})
    assert (answer.eval_count, answer.done_reason) == (2, "length")


def test_embeddings(native: ollama.Client) -> None:
    answer = native.embed("tiny", ["one", "two"])
    assert len(answer.embeddings) == 2
    assert sum(x * x for x in answer.embeddings[0]) == pytest.approx(1, abs=1e-3)
    assert answer.prompt_eval_count
    assert native.embed("tiny", "one").embeddings[0] == pytest.approx(answer.embeddings[0], abs=1e-2)
    assert len(native.embed("tiny", "one", dimensions=8).embeddings[0]) == 8
    older = native.embeddings("tiny", "one")
    assert list(older.embedding) == pytest.approx(answer.embeddings[0], abs=1e-2)


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        (
            "chat",
            {"messages": TEST, "format": {"type": "array", "minItems": 1, "items": {"not": {}}}},
            "'format.items.not'",
        ),
        ("chat", {"messages": TEST, "tools": [NO_SCHEMA]}, "'tools[0].function.parameters.type'"),
        ("generate", {"prompt": "x", "format": {"type": "nonsense"}}, "'format.type'"),
        ("generate", {"prompt": "x", "raw": True, "format": {"type": "nonsense"}}, "'format.type'"),
        ("embeddings", {"prompt": ""}, "'prompt'"),
        ("embed", {"input": "x", "dimensions": 100_000}, "dimensions"),
    ],
)
def test_what_only_the_engine_knows_is_refused_by_its_name(
    server: RunningServer, path: str, body: dict[str, Any], words: str
) -> None:
    with server.http() as http:
        response = http.post(f"/api/{path}", json={"model": "tiny", **body})
    assert (response.status_code, list(response.json())) == (400, ["error"])
    assert words in response.json()["error"]


def test_a_missing_model_is_404_everywhere(native: ollama.Client) -> None:
    for ask in (
        lambda: native.chat("nothing-like-it", TEST),
        lambda: native.chat("nothing-like-it", []),
        lambda: native.generate("nothing-like-it", "x"),
        lambda: native.embed("nothing-like-it", "x"),
        lambda: list(native.chat("nothing-like-it", TEST, stream=True)),
    ):
        with pytest.raises(ollama.ResponseError, match="not found") as raised:
            ask()
        assert raised.value.status_code == 404


def test_the_time_until_there_was_an_engine_is_measured(start_server: StartServer) -> None:
    client = start_server().ollama()
    first, second = (client.chat("tiny", TEST) for _ in range(2))
    assert first.load_duration
    assert second.load_duration is not None
    assert first.load_duration > second.load_duration
    parts = [first.load_duration, first.prompt_eval_duration, first.eval_duration]
    assert first.total_duration is not None
    assert first.total_duration >= sum(part or 0 for part in parts)
    # Embeddings have an engine of their own.
    first_texts, second_texts = (client.embed("tiny", "one") for _ in range(2))
    assert first_texts.load_duration
    assert second_texts.load_duration is not None
    assert (first_texts.total_duration or 0) >= first_texts.load_duration > second_texts.load_duration
