"""A cloud: another Puna that wants a key, stood before by one that is a process of its own."""

import socket
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from tests.cli.puna import Puna
from tests.engines.echo import plan_echo
from tests.engines.remote.front import Front, front_server
from tests.server import StartServer
from tests.stored_models import add_formatted_model

KEY = "sk-cloud-1f2e3d4c5b6a7988"


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Front]:
    """A Puna with a large model, and with a key."""
    add_formatted_model(tmp_path / "cloud" / "models", "gpt-oss", "echo", ["completion"])
    with front_server(tmp_path / "cloud", (plan_echo,), api_keys=(KEY,)) as server:
        yield server


def test_the_example_of_the_documents_with_another_address(
    cloud: Front, start_server: StartServer, tmp_path: Path
) -> None:
    server = start_server(OLLAMA_API_KEY=KEY, WRONG_KEY="sk-wrong-000", PUNA_DEBUG="1")
    puna = Puna(tmp_path, server.home, server.url.removeprefix("http://"))
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    (tmp_path / "Modelfile").write_text(
        f"FROM {cloud.url}/v1 gpt-oss\nFROM http://127.0.0.1:{port}/v1 gpt-oss\nKEY env:OLLAMA_API_KEY\n"
    )
    puna("create", "big", "-f", "Modelfile")
    client = openai.OpenAI(base_url=f"{server.url}/v1/", api_key="ollama", http_client=server.http())
    chat = client.chat.completions.create(
        messages=[{"role": "user", "content": "Say this is a test"}], model="big", stream=True
    )
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chat).strip() == "Say this is a test"
    running = puna("ps").splitlines()
    assert "2 servers, 1 down" in running[1]
    assert running[2].split()[:3] == [f"{cloud.url}/v1", "puna", "up"]
    assert running[3].split()[:2] == [f"http://127.0.0.1:{port}/v1", "down"]
    assert "connection refused" in running[3]
    puna("create", "wrong", "-f", "-", stdin=f"FROM {cloud.url}/v1 gpt-oss\nKEY env:WRONG_KEY\n")
    with pytest.raises(openai.InternalServerError, match="refused the key"):
        client.chat.completions.create(model="wrong", messages=[{"role": "user", "content": "hi"}])
    for path in server.home.rglob("*"):
        assert not path.is_file() or not {KEY, "sk-wrong-000"} & {
            key for key in (KEY, "sk-wrong-000") if key.encode() in path.read_bytes()
        }, path
    assert "big" in server.log.read_text()
