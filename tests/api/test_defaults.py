"""What each endpoint asks of the engine where neither the request nor the model says how to sample."""

from typing import Any

import pytest

from tests.scripted import ScriptedServer

MESSAGES = [{"role": "user", "content": "hi"}]
OPENAI = {"temperature": 1, "top_p": 1, "top_k": 0, "min_p": 0, "repeat_penalty": 1, "repeat_last_n": -1}
OLLAMA = {"temperature": 0.8, "top_p": 0.9, "top_k": 40, "min_p": 0, "repeat_penalty": 1, "repeat_last_n": 64}

ENDPOINTS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("/v1/chat/completions", {"messages": MESSAGES}, {**OPENAI, "max_tokens": None}),
    ("/v1/responses", {"input": "hi", "store": False}, {**OPENAI, "max_tokens": None}),
    ("/v1/completions", {"prompt": "hi"}, {**OPENAI, "max_tokens": 16}),
    ("/api/chat", {"messages": MESSAGES}, {**OLLAMA, "max_tokens": None}),
    ("/api/generate", {"prompt": "hi"}, {**OLLAMA, "max_tokens": None}),
    ("/api/generate", {"prompt": "hi", "raw": True}, {**OLLAMA, "max_tokens": None}),
]


@pytest.mark.parametrize(("path", "body", "expected"), ENDPOINTS)
def test_the_engine_gets_the_dialects_defaults(
    scripted: ScriptedServer, path: str, body: dict[str, Any], expected: dict[str, Any]
) -> None:
    with scripted.http() as http:
        assert http.post(path, json={"model": "plain", **body}).status_code == 200
    sampling = scripted.script.request.sampling
    assert {name: getattr(sampling, name) for name in expected} == expected


SEEDS: list[tuple[str, dict[str, Any], int | None]] = [
    ("/v1/chat/completions", {"messages": MESSAGES, "seed": -1}, -1),
    ("/v1/completions", {"prompt": "hi", "seed": 2**40}, 2**40),
    ("/api/chat", {"messages": MESSAGES, "options": {"seed": 7}}, 7),
    ("/api/chat", {"messages": MESSAGES, "options": {"seed": -1}}, None),
]


@pytest.mark.parametrize(("path", "body", "seed"), SEEDS)
def test_a_seed_reaches_the_engine_as_it_was_written(
    scripted: ScriptedServer, path: str, body: dict[str, Any], seed: int | None
) -> None:
    with scripted.http() as http:
        assert http.post(path, json={"model": "plain", **body}).status_code == 200
    assert scripted.script.request.sampling.seed == seed


SEQUENCES = [f"<{number}>" for number in range(9)]
STOPS: list[tuple[str, dict[str, Any]]] = [
    ("/v1/chat/completions", {"messages": MESSAGES, "stop": SEQUENCES}),
    ("/v1/completions", {"prompt": "hi", "stop": SEQUENCES}),
    ("/v1/messages", {"messages": MESSAGES, "max_tokens": 5, "stop_sequences": SEQUENCES}),
    ("/api/chat", {"messages": MESSAGES, "options": {"stop": SEQUENCES}}),
    ("/api/generate", {"prompt": "hi", "options": {"stop": SEQUENCES}}),
]


@pytest.mark.parametrize(("path", "body"), STOPS)
def test_more_stop_sequences_than_openai_takes(scripted: ScriptedServer, path: str, body: dict[str, Any]) -> None:
    """Continue sends all it has."""
    with scripted.http() as http:
        assert http.post(path, json={"model": "plain", **body}).status_code == 200
    assert scripted.script.request.sampling.stop == tuple(SEQUENCES)
