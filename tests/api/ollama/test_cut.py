"""Texts that are cut where a client asks for it, and templates of one request."""

from typing import Any

import numpy as np

from puna.library.bundled import bundled
from tests.server import RunningServer

LONG = "A text that goes on. " * 3_000


def embed(server: RunningServer, model: str, **fields: Any) -> Any:
    with server.http() as http:
        return http.post("/api/embed", json={"model": model, **fields})


def test_a_long_text_is_cut_where_truncate_asks_for_it(server: RunningServer) -> None:
    refused = embed(server, "tiny", input=["short", LONG])
    assert refused.status_code == 400
    answer = embed(server, "tiny", input=["short", LONG, LONG + " and another end"], truncate=True)
    assert answer.status_code == 200, answer.text
    short, cut, also = answer.json()["embeddings"]
    assert np.allclose(short, embed(server, "tiny", input="short").json()["embeddings"][0], atol=1e-5)
    assert np.allclose(cut, also, atol=1e-5)


def test_a_template_of_one_request(server: RunningServer) -> None:
    def tokens(**fields: Any) -> int:
        with server.http() as http:
            body = {"model": "tiny", "prompt": "x", "stream": False, "options": {"num_predict": 1}, **fields}
            answer = http.post("/api/generate", json=body)
        assert answer.status_code == 200, answer.text
        found: int = answer.json()["prompt_eval_count"]
        return found

    assert tokens(template="{{ .Prompt }}") < tokens() < tokens(template="{{ .Prompt }} and so on. " * 30)
    with server.http() as http:
        answer = http.post("/api/generate", json={"model": "tiny", "prompt": "x", "template": "{{ .Prompt"})
    assert answer.status_code == 400
    assert "template" in answer.json()["error"]


def test_a_model_with_another_template_is_otherwise_the_same() -> None:
    tiny = bundled()
    assert tiny
    other = tiny.with_template("Say: {{ .Prompt }}")
    assert "Say: " in (other.template or "")
    assert tiny.template != other.template
    assert (other.name, other.sampling, other.weights) == (tiny.name, tiny.sampling, tiny.weights)
