import json
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import xllamacpp
from gguf import GGUFReader, GGUFValueType

from benchmarks.random_model import CHATML, SHAPES, Weights, write_random_model
from benchmarks.random_tokenizer import SPECIAL_TOKENS, random_tokenizer


def test_a_tokenizer_has_every_byte_and_merges_of_known_tokens() -> None:
    tokenizer = random_tokenizer(5000, seed=3)
    assert len(tokenizer.tokens) == len(set(tokenizer.tokens)) == len(tokenizer.types) == 5000
    first_merge = 5000 - len(tokenizer.merges)
    assert first_merge == len(SPECIAL_TOKENS) + 256
    known = set(tokenizer.tokens[:first_merge])
    for merge, token in zip(tokenizer.merges, tokenizer.tokens[first_merge:], strict=True):
        left, right = merge.split(" ")
        assert {left, right} <= known
        assert left + right == token
        known.add(token)


def test_a_vocabulary_smaller_than_the_bytes_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 259 tokens, not 100"):
        random_tokenizer(100, seed=0)


def test_the_same_seed_gives_the_same_file(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_random_model(tmp_path / name, SHAPES["micro"], seed=seed)
    first, same, other = ((tmp_path / name).read_bytes() for name in "abc")
    assert first == same != other


@pytest.mark.parametrize("template", [CHATML, None])
def test_the_chat_template_can_be_left_out(tmp_path: Path, template: str | None) -> None:
    path = tmp_path / "model.gguf"
    write_random_model(path, SHAPES["micro"], chat_template=template)
    field = GGUFReader(path).get_field("tokenizer.chat_template")
    if template is None:
        assert field is None
    else:
        assert field is not None
        assert field.types == [GGUFValueType.STRING]
        assert field.contents() == template


@pytest.fixture(scope="module", params=list(Weights))
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Host and port of a real engine that has loaded a micro model."""
    path = tmp_path_factory.mktemp("models") / "micro.gguf"
    write_random_model(path, SHAPES["micro"], weights=request.param)
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.port = 0
    # More threads than free cores wait for one another in a loop.
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(parameters)
    yield server.listening_address.removeprefix("http://")
    del server


def post(address: str, path: str, body: dict[str, Any]) -> bytes:
    connection = HTTPConnection(address)
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    response = connection.getresponse()
    assert response.status == 200
    content = response.read()
    connection.close()
    return content


@pytest.mark.parametrize("temperature", [0, 1, 2])
def test_each_token_is_one_chunk_of_text_until_the_limit(engine: str, temperature: float) -> None:
    body = {"messages": [{"role": "user", "content": "Hi."}], "stream": True, "max_tokens": 100}
    stream = post(engine, "/v1/chat/completions", {**body, "temperature": temperature})
    events = [json.loads(line[6:]) for line in stream.splitlines() if line.startswith(b"data: {")]
    choices = [choice for event in events for choice in event["choices"]]
    texts = [choice["delta"]["content"] for choice in choices if choice["delta"].get("content")]
    assert len(texts) == 100
    assert choices[-1]["finish_reason"] == "length"


def test_any_text_survives_the_tokenizer(engine: str) -> None:
    text = "The cat said: «über» ☃ 123\n\n  ok"
    tokens = json.loads(post(engine, "/tokenize", {"content": text}))["tokens"]
    assert json.loads(post(engine, "/detokenize", {"tokens": tokens}))["content"] == text


def test_chatml_marks_are_special_tokens(engine: str) -> None:
    body = {"content": "<|im_start|><|im_end|>", "parse_special": True}
    assert json.loads(post(engine, "/tokenize", body))["tokens"] == [1, 2]
