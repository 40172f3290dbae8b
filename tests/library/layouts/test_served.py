"""Toy models as Ollama publishes them, from a registry to the examples of its documents."""

import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import orjson
import pytest

from puna.library.digest import Digest
from puna.library.manifest import CONFIG, LICENSE, MEDIA_TYPE, PARAMETERS, TEMPLATE, WEIGHTS, Layer, Manifest
from tests.cli.puna import Puna
from tests.library.ggufs import write as write_plain
from tests.library.layouts.test_engine import picture
from tests.library.layouts.toy_gemma3 import write_gemma3
from tests.library.layouts.toy_gptoss import write_gptoss
from tests.library.registry.docker import docker_registry, needs_registry
from tests.library.registry.fake_registry import Server, serving_in_thread
from tests.server import RunningServer, running_server

GO = "{{- range .Messages }}{{ .Role }}: {{ .Content }}\n{{ end }}assistant: "


@pytest.fixture(scope="module")
def registry() -> Iterator[Server]:
    """A registry in a thread, as clients in other processes need it."""
    with serving_in_thread() as server:
        yield server


def publish(registry: Server, tag: str, family: str, weights: bytes) -> None:
    """Put a model there with the layers that Ollama's own have: weights, template, licence, parameters, config."""
    contents = {WEIGHTS: weights, TEMPLATE: GO.encode(), LICENSE: b"Apache", PARAMETERS: b'{"num_ctx":2048}'}
    layers = []
    for kind, content in contents.items():
        layers.append(Layer(kind, Digest.of(content), len(content)))
        registry.blobs[str(layers[-1].digest)] = content
    config = orjson.dumps(
        {
            "model_format": "gguf",
            "model_family": family,
            "model_families": [family],
            "model_type": "20.9B",
            "file_type": "MXFP4",
            "requires": "0.11.0",
            "architecture": "amd64",
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": [str(layer.digest) for layer in layers]},
        }
    )
    digest = Digest.of(config)
    registry.blobs[str(digest)] = config
    registry.manifests[tag] = Manifest.of(Layer(CONFIG, digest, len(config)), layers).raw


@pytest.fixture(scope="module")
def server(registry: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that has pulled both."""
    folder = tmp_path_factory.mktemp("published")
    publish(registry, "20b", "gptoss", write_gptoss(folder).published.read_bytes())
    publish(registry, "4b", "gemma3", write_gemma3(folder).published.read_bytes())
    with running_server(tmp_path_factory.mktemp("home")) as server:
        client = server.ollama()
        puna = Puna(folder, folder / "home", server.url)
        for name, tag in (("gpt-oss", "20b"), ("gemma3", "4b")):
            pulled = f"{registry.address}/library/{name}:{tag}"
            done = puna.run("pull", "--insecure", pulled)
            assert done.returncode == 0, done.stderr
            assert "translating" in done.stdout + done.stderr
            client.copy(pulled, f"{name}:{tag}")
            client.copy(pulled, name)
        yield server


CHAT = """
from openai import OpenAI

client = OpenAI(
    base_url='http://localhost:11434/v1/',
    api_key='ollama',  # required but ignored
)

chat_completion = client.chat.completions.create(
    messages=[
        {
            'role': 'user',
            'content': 'Say this is a test',
        }
    ],
    model='gpt-oss:20b',
)
print(chat_completion.choices[0].message.content)
"""
VISION = """
from openai import OpenAI

client = OpenAI( base_url='http://localhost:11434/v1/', api_key='ollama', )

response = client.chat.completions.create( model='gemma3', messages=[{ 'role': 'user', 'content': [ {'type': 'text', 'text': "What's in this image?"}, {'type': 'image_url', 'image_url': 'data:image/png;base64,...'}, ], }], max_tokens=300, )
"""  # noqa: E501 — as it is written there


def run(example: str, server: RunningServer) -> dict[str, Any]:
    """Run an example of Ollama's documents with another address and a picture, and return its variables."""
    here = example.replace("http://localhost:11434/v1/", f"{server.url}/v1/")
    variables: dict[str, Any] = {}
    exec(here.replace("data:image/png;base64,...", picture()), variables)  # noqa: S102 — it stands above
    return variables


def test_the_example_of_chats_runs_as_it_is_written(
    server: RunningServer, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = run(CHAT, server)["chat_completion"]
    assert answer.model == "gpt-oss:20b"
    assert answer.choices[0].finish_reason in ("length", "stop")
    assert answer.usage.prompt_tokens > 20
    assert capsys.readouterr().out == f"{answer.choices[0].message.content}\n"


def test_the_example_of_pictures_runs_as_it_is_written(server: RunningServer) -> None:
    answer = run(VISION, server)["response"]
    assert answer.model == "gemma3"
    assert answer.choices[0].finish_reason in ("length", "stop")
    assert answer.usage.prompt_tokens > 16 + 8


def test_a_list_of_stops_acts(server: RunningServer) -> None:
    def said(model: str) -> str:
        asked = server.client().chat.completions.create(
            model=model, messages=[{"role": "user", "content": "?"}], temperature=0, seed=1, max_tokens=60
        )
        return asked.choices[0].message.content or ""

    whole = said("gpt-oss")
    stop = next(sign for sign in whole if sign.isascii() and sign.isalnum())
    server.ollama().create(model="stopped", from_="gpt-oss", parameters={"stop": ["never said", stop]})
    assert said("stopped") == whole.partition(stop)[0]


def test_show_says_that_it_is_translated_and_why(server: RunningServer) -> None:
    shown = server.http().post("/api/show", json={"model": "gemma3"}).json()
    assert shown["requires"] == "0.11.0"
    assert shown["translated"].startswith("Ollama's layout: the vision tower in the model's file")
    assert "vision" in shown["capabilities"]
    assert shown["projector_info"]["general.architecture"] == "clip"


def test_a_layout_that_nobody_knows_is_told_when_it_is_pulled_and_when_it_is_asked(
    server: RunningServer, registry: Server, tmp_path: Path
) -> None:
    weights = write_plain(tmp_path / "m.gguf", architecture="mllama").read_bytes()
    publish(registry, "11b", "mllama", weights)
    name = f"{registry.address}/library/llama3.2-vision:11b"
    steps = [step.status for step in server.ollama().pull(name, insecure=True, stream=True)]
    assert any("'mllama'" in str(step) and "hf.co/" in str(step) for step in steps)
    with pytest.raises(openai.BadRequestError, match="'mllama'"):
        server.client().chat.completions.create(model=name, messages=[{"role": "user", "content": "?"}])
    assert server.ollama().delete(name).status == "success"


@needs_registry
def test_a_push_sends_the_blob_as_it_came(server: RunningServer, registry: Server, tmp_path: Path) -> None:
    with docker_registry(tmp_path) as address:
        name = f"{address}/me/gemma3:4b"
        server.ollama().copy("gemma3:4b", name)
        assert server.ollama().push(name, insecure=True).status == "success"
        manifest = f"http://{address}/v2/me/gemma3/manifests/4b"
        with urllib.request.urlopen(urllib.request.Request(manifest, headers={"Accept": MEDIA_TYPE})) as response:
            assert orjson.loads(response.read())["layers"] == orjson.loads(registry.manifests["4b"])["layers"]


def test_the_blobs_stay_as_they_came(server: RunningServer, registry: Server) -> None:
    for tag in ("20b", "4b"):
        for layer in orjson.loads(registry.manifests[tag])["layers"]:
            blob = server.home / "models" / "blobs" / layer["digest"].replace(":", "-", 1)
            assert blob.read_bytes() == registry.blobs[layer["digest"]]


def test_the_command_line_shows_it(server: RunningServer, tmp_path: Path) -> None:
    shown = Puna(tmp_path, tmp_path / "home", server.url)("show", "gpt-oss:20b")
    assert "translated" in shown
    assert "Ollama 0.11.0" in shown
    assert "gpt-oss" in shown
