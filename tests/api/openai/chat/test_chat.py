from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai
import psutil
import pytest
from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam

from tests.server import RunningServer, StartServer, running_server
from tests.stored_models import add_model, write_micro_model

TEST: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Say this is a test"}]


def stream(client: openai.OpenAI, **fields: Any) -> list[ChatCompletionChunk]:
    return list(client.chat.completions.create(model="tiny", messages=TEST, stream=True, **fields))


def text_of(chunks: list[ChatCompletionChunk]) -> str:
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with models that never end an answer, that are damaged, that have little context, or settings."""
    home = tmp_path_factory.mktemp("stocked")
    models, weights = home / "models", write_micro_model(home / "micro.gguf")
    add_model(models, "endless", write_micro_model(home / "endless.gguf", context=131_072))
    add_model(models, "micro", weights)
    add_model(models, "short", weights, {"num_predict": 4, "temperature": 0, "num_ctx": 512})
    half = home / "half.gguf"
    half.write_bytes(weights.read_bytes()[:100_000])
    add_model(models, "half", half)
    with running_server(home) as server:
        yield server


def test_tiny_says_this_is_a_test(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="tiny", messages=TEST)
    assert answer.object == "chat.completion"
    assert answer.model == "tiny"
    [choice] = answer.choices
    assert choice.message.role == "assistant"
    assert choice.message.content == "This is a test."
    assert choice.finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.usage.completion_tokens >= 4


def test_a_stream_says_the_same(client: openai.OpenAI) -> None:
    assert text_of(stream(client)) == "This is a test."


def test_usage_comes_last_with_no_choices_when_asked_for(client: openai.OpenAI) -> None:
    *chunks, last = stream(client, stream_options={"include_usage": True})
    whole = client.chat.completions.create(model="tiny", messages=TEST)
    assert last.choices == []
    assert last.usage is not None
    assert whole.usage is not None
    assert last.usage.completion_tokens == whole.usage.completion_tokens
    assert last.usage.prompt_tokens == whole.usage.prompt_tokens
    assert all(chunk.usage is None and "usage" in chunk.model_fields_set for chunk in chunks)


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
def test_a_token_limit_ends_the_answer(client: openai.OpenAI, field: str) -> None:
    answer = client.chat.completions.create(model="tiny", messages=TEST, extra_body={field: 2})
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 2


@pytest.mark.parametrize("stop", [" test", ["nothing of the kind", " test"]])
def test_a_stop_sequence_ends_the_answer(client: openai.OpenAI, stop: str | list[str]) -> None:
    answer = client.chat.completions.create(model="tiny", messages=TEST, stop=stop)
    assert answer.choices[0].message.content == "This is a"
    assert answer.choices[0].finish_reason == "stop"


@pytest.mark.parametrize("seed", [7, 0, -1, 2**63 - 1])
def test_a_seed_repeats_what_chance_gave(client: openai.OpenAI, seed: int) -> None:
    texts = {text_of(stream(client, seed=seed, temperature=1.5, max_tokens=12)) for _ in range(3)}
    assert len(texts) == 1


def test_ten_requests_at_once_load_a_cold_model_once(start_server: StartServer) -> None:
    server = start_server()
    assert server.engines() == []
    client = server.client()
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: text_of(stream(client)), range(10)))
    assert answers == ["This is a test."] * 10
    assert len(server.engines()) == 1
    assert server.log.read_text().count("loading") <= 1


def test_a_client_that_drops_its_stream_frees_the_engine(stocked: RunningServer) -> None:
    before = stocked.engines()
    answer = stocked.client().chat.completions.create(model="endless", messages=TEST, stream=True)
    for _, chunk in zip(range(3), answer, strict=False):
        assert chunk.choices
    [engine] = [engine for engine in stocked.engines() if engine not in before]
    assert connections(engine) == 1
    answer.close()
    while connections(engine):
        pass
    assert stocked.client().chat.completions.create(model="endless", messages=TEST, max_tokens=3).choices


def connections(process: psutil.Process) -> int:
    """How many clients a process is connected to."""
    return sum(connection.status == psutil.CONN_ESTABLISHED for connection in process.net_connections("tcp"))


def test_a_prompt_longer_than_the_context_is_refused_with_both_lengths(stocked: RunningServer) -> None:
    client = stocked.client()
    messages: Any = [{"role": "user", "content": "word " * 600}]
    for streamed in (False, True):
        with pytest.raises(openai.BadRequestError) as raised:
            client.chat.completions.create(model="short", messages=messages, stream=streamed)
        assert raised.value.code == "context_length_exceeded"
        assert raised.value.param == "messages"
        assert "512 tokens" in raised.value.message
    assert client.chat.completions.create(model="short", messages=TEST).usage


def test_an_engine_killed_in_a_stream_does_not_end_it(stocked: RunningServer) -> None:
    before = stocked.engines()
    answer = stocked.client().chat.completions.create(model="micro", messages=TEST, stream=True, max_tokens=900)
    chunks = [next(iter(answer))]
    [engine] = [engine for engine in stocked.engines() if engine not in before]
    engine.kill()
    chunks += list(answer)
    assert len({chunk.id for chunk in chunks}) == 1
    assert [chunk.choices[0].delta.role for chunk in chunks].count("assistant") == 1
    assert chunks[-1].choices[0].finish_reason == "length"


def test_a_model_that_cannot_be_loaded_says_why(stocked: RunningServer) -> None:
    with pytest.raises(openai.InternalServerError) as raised:
        stocked.client().chat.completions.create(model="half", messages=TEST)
    assert "file" in raised.value.message
    assert stocked.client().chat.completions.create(model="tiny", messages=TEST).choices[0].message.content


def test_a_modelfile_fills_in_what_a_request_leaves_out(stocked: RunningServer) -> None:
    answers = [stocked.client().chat.completions.create(model="short", messages=TEST) for _ in range(2)]
    assert answers[0].choices[0].message.content == answers[1].choices[0].message.content
    assert answers[0].usage is not None
    assert answers[0].usage.completion_tokens == 4


def test_tiny_thinks_only_when_asked_to(client: openai.OpenAI) -> None:
    plain = client.chat.completions.create(model="tiny", messages=TEST)
    thoughtful = client.chat.completions.create(model="tiny", messages=TEST, reasoning_effort="high")
    assert plain.choices[0].message.model_extra == {}
    assert thoughtful.choices[0].message.model_extra
    assert thoughtful.choices[0].message.model_extra["reasoning"]
    for answer in (plain, thoughtful):
        assert answer.choices[0].message.content == "This is a test."
