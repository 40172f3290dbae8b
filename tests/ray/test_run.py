"""`serve run`, as docs/ray.md says it: with one import path, and with the example. `make test-ray` runs it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.ray.cluster import Head, Served, free_port

EXAMPLE = Path(__file__).parents[2] / "examples/ray.yaml"
TEST: list[Any] = [{"role": "user", "content": "Say this is a test"}]


@pytest.fixture(scope="module", params=["path", "example"])
def served(request: pytest.FixtureRequest, head: Head, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """What docs/ray.md begins with, or its example, with a home and a port of its own."""
    import yaml  # type: ignore[import-untyped]  # Ray's own

    if request.param == "path":
        with head.running("puna.ray:app models=tiny", "default") as application:
            yield application
        return
    config = yaml.safe_load(EXAMPLE.read_text())
    config["http_options"] = {"port": free_port()}
    config["applications"][0]["runtime_env"]["env_vars"]["PUNA_HOME"] = str(tmp_path_factory.mktemp("home"))
    with head.running(config) as application:
        yield application


def test_the_chat_of_the_readme(served: Served) -> None:
    client = served.client()
    answer = client.chat.completions.create(model="tiny", messages=TEST)
    assert answer.choices[0].message.content == "This is a test."
    assert text(client) == "This is a test."
    assert "tiny" in {model.id.removesuffix(":latest") for model in client.models.list()}


def text(client: openai.OpenAI) -> str:
    """The text of a stream."""
    stream = client.chat.completions.create(model="tiny", messages=TEST, stream=True)
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


def test_vectors_and_the_length_of_a_prompt(served: Served) -> None:
    client = served.client()
    assert len(client.embeddings.create(model="tiny", input=["a", "b"]).data) == 2
    assert client.responses.input_tokens.count(model="tiny", input="Say this is a test").input_tokens > 5


def test_what_an_engine_refuses_is_said_as_at_home(served: Served) -> None:
    with pytest.raises(openai.BadRequestError, match="maximum context length") as refused:
        served.client().chat.completions.create(model="tiny", messages=[{"role": "user", "content": "x " * 100_000}])
    assert refused.value.code == "context_length_exceeded"
