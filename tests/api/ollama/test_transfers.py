"""Pulls and pushes through the server, from and to a registry that is a web server of the test's own."""

from collections.abc import Iterator
from pathlib import Path

import ollama
import pytest

from tests.cli.puna import Puna
from tests.library.registry.docker import docker_registry, needs_registry
from tests.library.registry.fake_registry import Server, serving_in_thread
from tests.scripted import ScriptedServer
from tests.server import StartServer


@pytest.fixture
def registry() -> Iterator[Server]:
    """A registry in a thread, as clients in other processes need it."""
    with serving_in_thread() as server:
        yield server


def test_a_model_is_pulled_with_progress(scripted: ScriptedServer, registry: Server) -> None:
    registry.offer("latest", b"{}", b"weights" * 100_000)
    client = scripted.ollama()
    name = f"{registry.address}/me/m"
    steps = list(client.pull(name, insecure=True, stream=True))
    statuses = [step.status for step in steps]
    assert statuses[0] == "pulling manifest"
    assert statuses[-2:] == ["writing manifest", "success"]
    transfers = [step for step in steps if step.digest]
    assert {step.total for step in transfers} == {2, 700_000}
    assert transfers[-1].completed == transfers[-1].total
    assert f"{name}:latest" in [model.model for model in client.list().models]
    assert client.pull(name, insecure=True).status == "success"


def test_what_fails_before_and_after_the_stream_began_is_an_error(scripted: ScriptedServer, registry: Server) -> None:
    client = scripted.ollama()
    with pytest.raises(ollama.ResponseError, match="--insecure"):
        client.pull(f"http://{registry.address}/me/m")
    with pytest.raises(ollama.ResponseError, match="is not in the registry"):
        list(client.pull(f"{registry.address}/me/m", insecure=True, stream=True))
    with pytest.raises(ollama.ResponseError, match="not found"):
        client.push("nothing-like-it")


def test_the_command_pulls_without_a_server(tmp_path: Path, registry: Server) -> None:
    registry.offer("latest", b"{}", b"weights")
    puna = Puna(tmp_path, tmp_path / "home")
    name = f"{registry.address}/me/m"
    result = puna.run("pull", name, "--insecure")
    assert result.returncode == 0, result.stderr
    assert "success" in result.stderr
    assert name in puna("list")
    assert "--insecure" in puna.fails("pull", f"http://{name}")
    assert "is not in the registry" in puna.fails("pull", f"{registry.address}/me/other:1b", "--insecure")


@needs_registry
def test_the_bundled_model_goes_to_a_real_registry_and_comes_back(start_server: StartServer, tmp_path: Path) -> None:
    client = start_server().ollama()
    with docker_registry(tmp_path) as address:
        name = f"{address}/me/mine:v1"
        client.copy("tiny", name)
        [pushed] = [model for model in client.list().models if model.model == name]
        steps = list(client.push(name, insecure=True, stream=True))
        assert (steps[0].status, steps[-1].status) == ("retrieving manifest", "success")
        assert max(step.total or 0 for step in steps) > 1_000_000
        client.delete(name)
        assert name not in [model.model for model in client.list().models]
        pulled = list(client.pull(name, insecure=True, stream=True))
        blobs = {step.digest: step.total for step in pulled if step.digest}
        assert sum(size or 0 for size in blobs.values()) == pushed.size
        for digest, total in blobs.items():
            completed = [step.completed or 0 for step in pulled if step.digest == digest]
            assert completed == sorted(completed)
            assert completed[-1] == total
        [back] = [model for model in client.list().models if model.model == name]
        assert back.digest == pushed.digest
        answer = client.generate(name, "Say this is a test")
        assert answer.response == "This is a test."


@needs_registry
@pytest.mark.parametrize("server", [True, False])
def test_the_commands_push_and_pull_with_a_real_registry(
    start_server: StartServer, tmp_path: Path, server: bool
) -> None:
    home = tmp_path / "mine"
    puna = Puna(tmp_path, home, start_server().url) if server else Puna(tmp_path, home)
    with docker_registry(tmp_path) as address:
        name = f"{address}/me/mine:v1"
        puna("cp", "tiny", name)
        listed = puna("list", name).splitlines()[1].split()
        pushed = puna.run("push", name, "--insecure")
        assert (pushed.returncode, pushed.stdout) == (0, "")
        assert "success" in pushed.stderr
        puna("rm", name)
        assert name not in puna("list")
        assert "success" in puna.run("pull", name, "--insecure").stderr
        assert puna("list", name).splitlines()[1].split()[:4] == listed[:4]
        assert puna("show", name, "--verify") == f"'{name}' is intact\n"
