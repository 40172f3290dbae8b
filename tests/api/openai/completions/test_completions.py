import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest

from benchmarks.random_model import SHAPES, Weights, write_random_model
from tests.api.openai.chat.test_chat import connections
from tests.reference_llama import ReferenceLlama
from tests.rewriting import rewrite
from tests.server import RunningServer, StartServer, running_server
from tests.stored_models import add_model, write_micro_model

TEXT = "Once upon a time"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("completions") / "micro.gguf"
    write_random_model(path, SHAPES["micro"], weights=Weights.F16)
    return path


@pytest.fixture(scope="module")
def server(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with a random model, and the same one with tokens to fill in the middle."""
    home = tmp_path_factory.mktemp("home")
    infill = rewrite(
        weights, weights.with_name("infill.gguf"), fim_pre_token_id=5, fim_suf_token_id=6, fim_mid_token_id=7
    )
    add_model(home / "models", "micro", weights)
    add_model(home / "models", "infill", infill)
    add_model(home / "models", "wordy", weights, {"num_predict": 3, "temperature": 0.0})
    with running_server(home) as server:
        yield server


def complete(server: RunningServer, **fields: Any) -> dict[str, Any]:
    with server.http() as http:
        response = http.post("/v1/completions", json={"model": "micro", "prompt": TEXT, **fields})
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def refused(server: RunningServer, **fields: Any) -> tuple[str | None, str | None, str]:
    """Field and code of a refusal; the request after it is answered."""
    with server.http() as http:
        response = http.post("/v1/completions", json={"model": "micro", "prompt": TEXT, **fields})
    assert response.status_code == 400, response.text
    error = response.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert complete(server, max_tokens=1)["choices"]
    return error["param"], error["code"], error["message"]


def chunks(server: RunningServer, **fields: Any) -> list[dict[str, Any]]:
    with server.http() as http, http.stream("POST", "/v1/completions", json={"model": "micro", "prompt": TEXT, "stream": True, **fields}) as response:  # fmt: skip  # noqa: E501
        assert response.headers["content-type"] == "text/event-stream"
        *events, done = [line.removeprefix("data: ") for line in response.iter_lines() if line]
    assert done == "[DONE]"
    return [json.loads(event) for event in events]


def test_the_shape_of_a_completion(client: openai.OpenAI) -> None:
    answer = client.completions.create(model="micro", prompt=TEXT)
    assert answer.object == "text_completion"
    assert answer.id.startswith("cmpl-")
    [choice] = answer.choices
    assert choice.text
    assert choice.finish_reason == "length"
    assert choice.logprobs is None
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 16, "max_tokens is 16 where it is left out"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + 16


def test_every_form_of_a_prompt_says_the_same(server: RunningServer) -> None:
    fields = {"max_tokens": 6, "temperature": 0}
    tokens = [token + 3 for token in TEXT.encode()]
    texts = [
        complete(server, prompt=prompt, **fields)["choices"][0]["text"]
        for prompt in (tokens, [tokens], [tokens, tokens])
    ]
    assert len(set(texts)) == 1
    assert len({complete(server, prompt=prompt, **fields)["choices"][0]["text"] for prompt in (TEXT, [TEXT])}) == 1


def test_choices_of_several_prompts_are_counted_prompt_by_prompt(server: RunningServer) -> None:
    answer = complete(server, prompt=["one", "two", "three"], n=2, echo=True, max_tokens=2)
    assert [choice["index"] for choice in answer["choices"]] == [0, 1, 2, 3, 4, 5]
    begins = ["one", "one", "two", "two", "three", "three"]
    assert all(choice["text"].startswith(begin) for choice, begin in zip(answer["choices"], begins, strict=True))
    assert answer["usage"]["completion_tokens"] == 12


def test_more_choices_than_the_engine_has_sequences(server: RunningServer) -> None:
    answer = complete(server, n=11, max_tokens=2, seed=1, temperature=2)
    assert [choice["index"] for choice in answer["choices"]] == list(range(11))
    assert len({choice["text"] for choice in answer["choices"]}) > 8, "each choice has a seed of its own"


def test_a_stream_says_the_same_under_the_same_indexes(server: RunningServer) -> None:
    fields = {"prompt": ["one", "two"], "max_tokens": 5, "temperature": 0, "echo": True, "logprobs": 1}
    whole = complete(server, **fields)
    parts = chunks(server, stream_options={"include_usage": True}, **fields)
    *parts, last = parts
    assert last["choices"] == []
    assert last["usage"]["total_tokens"] == whole["usage"]["total_tokens"]
    assert all(part["usage"] is None for part in parts)
    assert len({(part["id"], part["created"], part["object"]) for part in parts}) == 1
    for choice in whole["choices"]:
        own = [part["choices"][0] for part in parts if part["choices"][0]["index"] == choice["index"]]
        assert "".join(piece["text"] for piece in own) == choice["text"]
        assert [piece["finish_reason"] for piece in own] == [None] * (len(own) - 1) + ["length"]
        offsets = [offset for piece in own if piece["logprobs"] for offset in piece["logprobs"]["text_offset"]]
        assert offsets == choice["logprobs"]["text_offset"]


def test_the_log_probabilities_of_a_prompt_are_the_models(server: RunningServer, weights: Path) -> None:
    answer = complete(server, echo=True, logprobs=2, max_tokens=0)
    [choice] = answer["choices"]
    assert choice["text"] == TEXT
    assert choice["finish_reason"] == "length"
    logprobs = choice["logprobs"]
    assert "".join(logprobs["tokens"]) == TEXT
    assert logprobs["text_offset"] == [TEXT.index(token, offset) for token, offset in zip(logprobs["tokens"], logprobs["text_offset"], strict=True)]  # fmt: skip  # noqa: E501
    assert logprobs["token_logprobs"][0] is None
    assert logprobs["top_logprobs"][0] is None
    assert answer["usage"]["completion_tokens"] == 0
    assert answer["usage"]["prompt_tokens"] == len(logprobs["tokens"])
    for token, logprob, top in list(zip(logprobs["tokens"], logprobs["token_logprobs"], logprobs["top_logprobs"], strict=True))[1:]:  # fmt: skip  # noqa: E501
        assert top[token] == logprob
        assert 2 <= len(top) <= 3
        assert max(top.values()) == next(iter(top.values()))


def test_echoed_tokens_are_scored_as_the_weights_say(server: RunningServer, weights: Path) -> None:
    tokens = [400, 1000, 333, 1999, 512]
    [choice] = complete(server, prompt=tokens, echo=True, logprobs=0, max_tokens=3, temperature=0)["choices"]
    expected = ReferenceLlama(weights).logprobs(tokens)
    found = choice["logprobs"]["token_logprobs"]
    assert len(found) == 8
    assert found[1:5] == pytest.approx([expected[place, token] for place, token in enumerate(tokens[1:])], abs=1e-2)
    assert found[5] == pytest.approx(expected[4].max(), abs=1e-2)
    assert "".join(choice["logprobs"]["tokens"]) == choice["text"]


def test_log_probabilities_without_echo_are_those_of_the_answer(server: RunningServer) -> None:
    [choice] = complete(server, logprobs=3, max_tokens=4, temperature=0)["choices"]
    logprobs = choice["logprobs"]
    assert "".join(logprobs["tokens"]) == choice["text"]
    assert logprobs["text_offset"][0] == len(TEXT), "offsets count from the beginning of the prompt"
    assert all(len(top) == 3 for top in logprobs["top_logprobs"])
    assert [max(top, key=top.__getitem__) for top in logprobs["top_logprobs"]] == logprobs["tokens"]


def test_the_tokens_of_a_stop_sequence_are_not_in_the_answer(server: RunningServer) -> None:
    [free] = complete(server, max_tokens=6, temperature=0, logprobs=0)["choices"]
    third = free["logprobs"]["tokens"][2]
    [stopped] = complete(server, max_tokens=6, temperature=0, logprobs=0, stop=[third])["choices"]
    assert stopped["finish_reason"] == "stop"
    assert stopped["text"] == free["text"][: free["text"].index(third)]
    assert "".join(stopped["logprobs"]["tokens"]) == stopped["text"]


def test_the_best_are_those_with_the_highest_mean_log_probability(server: RunningServer) -> None:
    fields = {"max_tokens": 4, "seed": 3, "temperature": 2}
    every = complete(server, n=4, logprobs=0, **fields)["choices"]
    best = complete(server, n=2, best_of=4, logprobs=0, **fields)
    assert [choice["index"] for choice in best["choices"]] == [0, 1]
    assert best["usage"]["completion_tokens"] == 16, "all that was generated is counted"

    def mean(choice: dict[str, Any]) -> float:
        values = choice["logprobs"]["token_logprobs"]
        return float(sum(values) / len(values))

    means = [mean(choice) for choice in best["choices"]]
    assert means == sorted(means, reverse=True)
    assert means == pytest.approx(sorted(map(mean, every), reverse=True)[:2], abs=0.3)
    assert complete(server, n=1, best_of=3, **fields)["choices"][0]["logprobs"] is None


def test_no_more_of_a_prompt_is_cached_than_it_has(server: RunningServer) -> None:
    for _ in range(2):
        usage = complete(server, prompt=["Once upon a time", "There was"], n=3, max_tokens=2)["usage"]
        assert usage["prompt_tokens_details"]["cached_tokens"] < usage["prompt_tokens"]


def test_logit_bias_forces_and_bans_tokens(server: RunningServer) -> None:
    [forced] = complete(server, logit_bias={"700": 100}, max_tokens=3, logprobs=0)["choices"]
    assert len(set(forced["logprobs"]["tokens"])) == 1
    [free] = complete(server, prompt=[700], max_tokens=1, temperature=0)["choices"]
    [banned] = complete(server, prompt=[700], max_tokens=1, temperature=0, logit_bias={"700": -100})["choices"]
    assert free["text"]
    assert banned["text"] != forced["logprobs"]["tokens"][0]


def test_the_same_seed_gives_the_same_text(server: RunningServer) -> None:
    texts = {complete(server, seed=7, temperature=1.5)["choices"][0]["text"] for _ in range(3)}
    assert len(texts) == 1


def test_no_token_is_generated_where_none_is_wanted(server: RunningServer) -> None:
    answer = complete(server, prompt=["one", "two"], max_tokens=0)
    assert [choice["text"] for choice in answer["choices"]] == ["", ""]
    assert [choice["finish_reason"] for choice in answer["choices"]] == ["length", "length"]
    assert answer["usage"]["completion_tokens"] == 0


@pytest.mark.parametrize("fields", [{"prompt": ""}, {"prompt": [""]}, {"prompt": None}, {}])
def test_an_empty_prompt_is_the_beginning_of_a_document(server: RunningServer, fields: dict[str, Any]) -> None:
    with server.http() as http:
        answer = http.post("/v1/completions", json={"model": "micro", "max_tokens": 2, **fields}).json()
    assert answer["usage"]["prompt_tokens"] == 1
    assert answer["choices"][0]["text"]


def test_the_middle_is_filled_in_by_the_models_own_tokens(server: RunningServer) -> None:
    fields = {"model": "infill", "max_tokens": 4, "temperature": 0}
    filled = complete(server, prompt="a", suffix="b", **fields)
    a, b = 3 + ord("a"), 3 + ord("b")
    by_hand = complete(server, prompt=[5, a, 6, b, 7], **fields)
    assert filled["choices"][0]["text"] == by_hand["choices"][0]["text"]
    assert filled["usage"]["prompt_tokens"] == 5
    assert complete(server, prompt="a", suffix="", max_tokens=1)["usage"]["prompt_tokens"] == 1


def test_json_mode(server: RunningServer) -> None:
    [choice] = complete(server, response_format={"type": "json_object"}, max_tokens=30)["choices"]
    assert choice["text"].lstrip().startswith("{")


def test_the_modelfile_says_what_the_request_leaves_open(server: RunningServer) -> None:
    answer = complete(server, model="wordy")
    assert answer["usage"]["completion_tokens"] == 3
    assert complete(server, model="wordy", max_tokens=2)["usage"]["completion_tokens"] == 2


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"prompt": []}, "prompt", "array_below_min_length"),
        ({"prompt": [[]]}, "prompt[0]", "array_below_min_length"),
        ({"prompt": [[1], []]}, "prompt[1]", "array_below_min_length"),
        ({"prompt": [1, 2048]}, "prompt", None),
        ({"prompt": [-1]}, "prompt", None),
        ({"prompt": [[1], [2, 5000]]}, "prompt[1]", None),
        ({"prompt": ["a ", "a " * 3000]}, "prompt[1]", "context_length_exceeded"),
        ({"prompt": 5}, "prompt", "invalid_type"),
        ({"suffix": "b"}, "suffix", None),
        ({"suffix": "b", "echo": True, "model": "infill"}, "suffix", "invalid_value"),
        ({"n": 0}, "n", "integer_below_min_value"),
        ({"n": 2, "best_of": 1}, "best_of", "invalid_value"),
        ({"best_of": 2, "stream": True}, "best_of", "invalid_value"),
        ({"logprobs": -1}, "logprobs", "integer_below_min_value"),
        ({"logprobs": 101}, "logprobs", "integer_above_max_value"),
        ({"max_tokens": -1}, "max_tokens", "integer_below_min_value"),
        ({"max_tokens": 2**31}, "max_tokens", "integer_above_max_value"),
        ({"logit_bias": {"x": 1}}, "logit_bias", "invalid_value"),
        ({"logit_bias": {"2048": 1}}, "logit_bias", "invalid_value"),
        ({"logit_bias": {"5": 101}}, "logit_bias", "decimal_above_max_value"),
        ({"stream_options": {"include_usage": True}}, "stream_options", "invalid_value"),
        ({"stop": ["a"] * 129}, "stop", "array_above_max_length"),
        ({"response_format": {"type": "xml"}}, "response_format.type", "invalid_value"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"not": {}}}}},
            "response_format.json_schema.schema.not",
            "invalid_json_schema",
        ),
        ({"typo": 1}, "typo", "unknown_parameter"),
    ],
)
def test_a_bad_request_is_refused_by_the_name_of_its_field(
    server: RunningServer, fields: dict[str, Any], param: str, code: str | None
) -> None:
    found, word, _ = refused(server, **fields)
    assert found is not None
    assert found.startswith(param)
    assert word == code


def test_a_prompt_that_is_too_long_is_refused_with_both_lengths(server: RunningServer) -> None:
    _, _, message = refused(server, prompt=[400] * 2048)
    assert message.count("2048") == 2


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_leaves_frees_the_engine(start_server: StartServer, stream: bool) -> None:
    server = start_server()
    add_model(server.home / "models", "endless", write_micro_model(server.home / "endless.gguf", context=131_072))
    body = {"model": "endless", "prompt": "hello", "max_tokens": 100_000, "stream": stream}
    assert server.client().completions.create(model="endless", prompt="hello", max_tokens=1).choices
    [engine] = server.engines()
    with server.http() as http:
        if stream:
            with http.stream("POST", "/v1/completions", json=body) as response:
                lines = response.iter_lines()  # the response is closed with it
                assert next(lines)
                assert connections(engine) == 1
        else:
            with pytest.raises(httpx2.ReadTimeout):
                http.post("/v1/completions", json=body, timeout=2)
    while connections(engine):
        pass
    assert server.client().completions.create(model="endless", prompt="hello", max_tokens=3).choices
