"""What docs/architecture.md says of a new engine: one module and one line in the list of engines."""

import asyncio
import socket
import threading
from collections.abc import Iterator

import openai
import pytest
import uvicorn

from puna.engines.plan import ENGINES
from puna.server import create_app
from puna.settings import Settings
from tests.engines.echo import plan_echo
from tests.stored_models import add_formatted_model


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a server listens that has an engine more, and may have no other in memory."""
    home = tmp_path_factory.mktemp("home")
    add_formatted_model(home / "models", "echo", "echo", ["completion"])
    settings = Settings(home=home, models=home / "models", max_loaded_models=1, keep_alive=0, access_log=False)
    app = create_app(settings, engines=(*ENGINES, plan_echo))
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=asyncio.run, args=(server.serve(sockets=[listener]),))
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    server.should_exit = True
    thread.join()


@pytest.fixture
def client(address: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=address, api_key="unused", max_retries=0, timeout=60)


def test_a_chat_whole_and_streamed(client: openai.OpenAI) -> None:
    messages: list[openai.types.chat.ChatCompletionMessageParam] = [{"role": "user", "content": "say it again"}]
    answer = client.chat.completions.create(model="echo", messages=messages)
    assert answer.choices[0].message.content == "say it again "
    assert answer.usage
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (3, 3)
    stream = client.chat.completions.create(model="echo", messages=messages, stream=True)
    assert [chunk.choices[0].delta.content for chunk in stream][:-1] == ["", "say ", "it ", "again "]


def test_a_completion(client: openai.OpenAI) -> None:
    answer = client.completions.create(model="echo", prompt=["abc", "de"])
    assert [choice.text for choice in answer.choices] == ["cba", "ed"]


def test_responses_with_state(client: openai.OpenAI) -> None:
    first = client.responses.create(model="echo", input="one two")
    assert first.output_text == "one two "
    second = client.responses.create(model="echo", input="three", previous_response_id=first.id)
    assert second.output_text == "three "
    assert second.usage
    assert second.usage.input_tokens == 5
    with client.responses.stream(model="echo", input="a b") as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
    assert deltas == ["a ", "b "]


def test_what_it_can_not_do_is_said(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="No engine here"):
        client.embeddings.create(model="echo", input="x")


def test_it_takes_no_memory_and_stays_beside_the_one_model_that_may_be_in_memory(
    address: str, client: openai.OpenAI
) -> None:
    for model in ("echo", "tiny", "echo"):
        client.chat.completions.create(model=model, messages=[{"role": "user", "content": "hi"}], max_tokens=2)
    running = client.get("/../api/ps", cast_to=object)
    assert isinstance(running, dict)
    found = {row["name"]: row["size"] for row in running["models"]}
    assert found["echo:latest"] == 0


def test_its_model_is_listed_shown_and_copied(address: str, client: openai.OpenAI) -> None:
    assert "echo:latest" in [model.id for model in client.models.list()]
    shown = client.post("/../api/show", body={"model": "echo"}, cast_to=object)
    assert isinstance(shown, dict)
    assert shown["capabilities"] == ["completion"]
    assert shown["details"]["format"] == "echo"
