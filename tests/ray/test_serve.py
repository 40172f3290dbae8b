"""Puna under Ray Serve: two replicas of a model, and what is kept in PostgreSQL. `make test-ray` runs it."""

import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.postgresql import new_database, programs, running_cluster
from tests.ray.cluster import Served, serving
from tests.stored_models import add_model

BINARIES = Path(sys.executable).parent
EXAMPLE = (Path(__file__).parents[2] / "examples/ray.yaml").read_text()
STREAMS = 20
TEST: list[Any] = [{"role": "user", "content": "Say this is a test"}]

pytestmark = pytest.mark.skipif(
    not shutil.which("serve", path=str(BINARIES)), reason="Ray Serve is not installed: `make test-ray` does that"
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, micro: Path) -> Iterator[Served]:
    """The example of docs/ray.md, with a second model that never ends an answer by itself; it has the replicas."""
    binaries = programs()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed")
    home = tmp_path_factory.mktemp("home")
    add_model(home / "models", "micro", micro)
    config = EXAMPLE.replace("[tiny]", "[tiny, micro]").replace("- name: tiny", "- name: micro")
    config = config.replace("num_cpus: 1 ", "num_cpus: 0.2 ")
    with (
        running_cluster(binaries) as database,
        serving(
            BINARIES,
            config.replace("/tmp/puna", str(home)),  # noqa: S108 - the example's
            PUNA_DATABASE_URL=new_database(database, "puna"),
        ) as application,
    ):
        yield application


def text(client: openai.OpenAI, **more: Any) -> str:
    """The text of a stream."""
    stream = client.chat.completions.create(model="tiny", stream=True, **more)
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


def test_the_chat_of_the_readme(served: Served) -> None:
    client = served.client()
    answer = client.chat.completions.create(model="tiny", messages=TEST)
    assert answer.choices[0].message.content == "This is a test."
    assert text(client, messages=TEST) == "This is a test."


def test_responses_with_state(served: Served) -> None:
    client = served.client()
    first = client.responses.create(model="tiny", input="Say this is a test")
    second = client.responses.create(model="tiny", input="Again", previous_response_id=first.id)
    assert second.usage
    assert first.usage
    assert second.usage.input_tokens > first.usage.input_tokens
    assert client.responses.retrieve(first.id).output_text == first.output_text


def test_vectors_and_the_length_of_a_prompt(served: Served) -> None:
    client = served.client()
    assert len(client.embeddings.create(model="tiny", input=["a", "b"]).data) == 2
    counted = client.responses.input_tokens.count(model="tiny", input="Say this is a test")
    assert counted.input_tokens > 5


def test_what_an_engine_refuses_is_said_as_at_home(served: Served) -> None:
    with pytest.raises(openai.BadRequestError, match="maximum context length") as refused:
        served.client().chat.completions.create(model="tiny", messages=[{"role": "user", "content": "x " * 100_000}])
    assert refused.value.code == "context_length_exceeded"


def test_a_replica_that_dies_under_streams_loses_none(served: Served) -> None:
    client = served.client()
    doomed, _ = served.replicas("micro")
    with ThreadPoolExecutor(STREAMS) as pool:
        streams = [endless(client, max_tokens=600, stream_options={"include_usage": True}) for _ in range(STREAMS)]
        for stream in streams:
            next(stream)
        doomed.kill()
        ends = [*pool.map(end_of, streams)]
    assert {*ends} == {("length", 600)}


def endless(client: openai.OpenAI, **more: Any) -> openai.Stream[Any]:
    """A stream that ends when it has its tokens."""
    answer: openai.Stream[Any] = client.chat.completions.create(model="micro", messages=TEST, stream=True, **more)
    return answer


def end_of(stream: openai.Stream[Any]) -> tuple[str, int]:
    """Why a stream ended, and how many tokens it had."""
    *_, last, usage = stream
    return last.choices[0].finish_reason, usage.usage.completion_tokens
