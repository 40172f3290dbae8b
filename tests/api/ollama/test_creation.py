import hashlib
from pathlib import Path

import ollama
import pytest

from tests.scripted import ScriptedServer, StartScripted


@pytest.fixture
def server(scripted: ScriptedServer) -> ScriptedServer:
    """None of this needs an engine."""
    return scripted


@pytest.fixture
def native(server: ScriptedServer) -> ollama.Client:
    return server.ollama()


def system_of(server: ScriptedServer) -> str:
    """What /api/show tells and the client leaves out."""
    with server.http() as http:
        return str(http.post("/api/show", json={"model": "mine"}).json()["system"])


def test_a_model_from_another_one_with_all_it_may_have(start_scripted: StartScripted) -> None:
    server = start_scripted()
    client = server.ollama()
    steps = client.create(
        "mine",
        from_="tiny",
        system="Be brief.",
        template="{{ .Prompt }}",
        license=["MIT", "And more"],
        parameters={"num_ctx": 128, "stop": ["<a>", "<b>"], "temperature": 0.5},
        messages=[{"role": "user", "content": "hi"}, {"role": "assistant", "content": "Hello."}],
        stream=True,
    )
    statuses = [step.status for step in steps]
    assert statuses[-2:] == ["writing manifest", "success"]
    shown = client.show("mine")
    assert shown.parameters is not None
    assert {tuple(line.split(maxsplit=1)) for line in shown.parameters.splitlines()} == {
        ("num_ctx", "128"),
        ("temperature", "0.5"),
        ("stop", '"<a>"'),
        ("stop", '"<b>"'),
    }
    assert shown.template == "{{ .Prompt }}"
    assert shown.license == "MIT\nAnd more"
    assert system_of(server) == "Be brief."


def test_a_model_from_a_file_that_was_sent(start_scripted: StartScripted, micro: Path) -> None:
    server = start_scripted()
    client = server.ollama()
    digest = client.create_blob(micro)
    assert client.create_blob(micro) == digest
    assert client.create("micro", files={"micro.gguf": digest}).status == "success"
    assert client.show("micro").details is not None
    [layer] = [path for path in (server.home / "models/blobs").iterdir() if path.name == digest.replace(":", "-")]
    assert layer.read_bytes() == micro.read_bytes()
    assert list((server.home / "models/staging").iterdir()) == []
    # A second model of a blob that is there copies nothing.
    assert client.create("micro2", files={"micro.gguf": digest}).status == "success"
    assert list((server.home / "models/staging").iterdir()) == []


def test_a_blob_is_kept_only_if_it_is_what_its_digest_says(server: ScriptedServer) -> None:
    content = b"content" * 100_000
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    with server.http() as http:
        assert http.head(f"/api/blobs/{digest}").status_code == 404
        wrong = http.post(f"/api/blobs/{digest}", content=content + b"!")
        assert (wrong.status_code, list(wrong.json())) == (400, ["error"])
        assert http.head(f"/api/blobs/{digest}").status_code == 404
        assert http.post(f"/api/blobs/{digest}", content=content).status_code == 201
        assert http.head(f"/api/blobs/{digest}").status_code == 200
        assert http.post(f"/api/blobs/{digest}", content=content).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"model": "m"}, 400, "'from'"),
        ({"model": "m", "from": "tiny", "files": {"a": f"sha256:{'0' * 64}"}}, 400, "there is no blob"),
        ({"model": "m", "files": {"../a.gguf": f"sha256:{'0' * 64}"}}, 400, "inside the model's folder"),
        ({"model": "m", "files": {"a.gguf": "md5:12"}}, 400, "invalid digest"),
        ({"model": "m", "from": "nothing-like-it"}, 404, "not found"),
        ({"model": "m", "from": "tiny", "parameters": {"num_ctxx": 1}}, 400, "num_ctxx"),
        ({"model": "m", "from": "tiny", "parameters": {"num_ctx": "many"}}, 400, "num_ctx"),
        ({"model": "m", "from": "tiny", "template": "{{ if }}"}, 400, ""),
        ({"model": "m", "from": "tiny", "messages": [{"role": "robot", "content": "x"}]}, 400, "role"),
        ({"model": "m", "from": "tiny", "quantize": "Q9_9"}, 400, "Q9_9"),
        ({"model": "tiny", "from": "tiny"}, 400, "comes with Puna"),
        ({"model": "m", "from": "tiny", "renderer": "x"}, 400, "renderer"),
    ],
)
@pytest.mark.parametrize("stream", [True, False])
def test_what_can_not_be_made_is_an_error_and_no_model(
    server: ScriptedServer, body: dict[str, object], status: int, words: str, stream: bool
) -> None:
    with server.http() as http:
        response = http.post("/api/create", json=body | {"stream": stream})
        names = [model["name"] for model in http.get("/api/tags").json()["models"]]
    last = response.json() if response.headers["content-type"] == "application/json" else None
    if last is None:  # a stream that had begun
        assert b'"error"' in response.content.splitlines()[-1]
        assert words.encode() in response.content
    else:
        assert (response.status_code, list(last)) == (status, ["error"])
        assert words in last["error"]
    assert "m:latest" not in names


def test_creating_again_replaces_the_model(start_scripted: StartScripted) -> None:
    server = start_scripted()
    client = server.ollama()
    for system in ("One.", "Two."):
        client.create("mine", from_="tiny", system=system)
        assert system_of(server) == system
    client.create("mine", from_="mine", parameters={"top_k": 3})
    assert system_of(server) == "Two."


def test_the_ollama_client_speaks_of_errors_in_puna_words(native: ollama.Client) -> None:
    with pytest.raises(ollama.ResponseError, match="not found"):
        native.create("m", from_="nothing-like-it")
