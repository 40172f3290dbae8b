from datetime import datetime, timedelta

import ollama
import pytest

from tests.scripted import ScriptedServer, StartScripted
from tests.stored_models import add_model


@pytest.fixture
def server(scripted: ScriptedServer) -> ScriptedServer:
    """None of this needs an engine."""
    return scripted


@pytest.fixture
def native(server: ScriptedServer) -> ollama.Client:
    return server.ollama()


def test_the_list_has_what_ollama_tells(native: ollama.Client) -> None:
    tiny = {model.model: model for model in native.list().models}["tiny:latest"]
    assert tiny.digest is not None
    assert len(tiny.digest) == 64
    assert tiny.size is not None
    assert tiny.size > 1_000_000
    assert tiny.modified_at is not None
    assert tiny.modified_at.tzinfo is not None
    assert tiny.details is not None
    assert tiny.details.format == "gguf"
    assert tiny.details.parameter_size
    assert tiny.details.quantization_level


def test_times_are_written_as_go_writes_them(server: ScriptedServer) -> None:
    with server.http() as http:
        models = {model["name"]: model for model in http.get("/api/tags").json()["models"]}
        written = [models["tiny:latest"]["modified_at"]]
        written.append(http.post("/api/show", json={"model": "tiny"}).json()["modified_at"])
    assert all(time.endswith("Z") for time in written)
    listed, shown = (datetime.fromisoformat(time) for time in written)
    assert abs(listed - shown) < timedelta(milliseconds=1)


def test_a_model_is_shown(native: ollama.Client) -> None:
    shown = native.show("tiny")
    assert shown.details is not None
    assert shown.modelinfo is not None
    architecture = shown.modelinfo["general.architecture"]
    assert shown.details.family == architecture
    assert shown.modelinfo[f"{architecture}.context_length"] > 0
    assert shown.modelinfo["tokenizer.ggml.tokens"] == []
    assert shown.modelinfo["general.parameter_count"] > 1_000_000
    assert shown.capabilities is not None
    assert {"completion", "tools"} <= set(shown.capabilities)
    assert shown.modelfile is not None
    assert "\nFROM " in shown.modelfile
    assert shown.template


def test_only_a_verbose_show_has_the_vocabulary_and_the_tensors(server: ScriptedServer) -> None:
    with server.http() as http:
        plain = http.post("/api/show", json={"model": "tiny"}).json()
        verbose = http.post("/api/show", json={"model": "tiny", "verbose": True}).json()
    assert "tensors" not in plain
    assert {"name", "type", "shape"} == set(verbose["tensors"][0])
    assert len(verbose["model_info"]["tokenizer.ggml.tokens"]) > 100


def test_the_fields_that_older_clients_send_are_understood(server: ScriptedServer) -> None:
    body = {"name": "tiny", "model": "", "system": "", "template": "", "verbose": False, "options": None}
    with server.http() as http:
        assert http.post("/api/show", json=body).status_code == 200


def test_a_copy_is_the_same_model_and_goes_without_it(start_scripted: StartScripted) -> None:
    client = start_scripted().ollama()
    client.copy("tiny", "ann/small:1b")
    by_name = {model.model: model.digest for model in client.list().models}
    assert by_name["ann/small:1b"] == by_name["tiny:latest"]
    client.delete("ann/small:1b")
    models = [model.model for model in client.list().models]
    assert "tiny:latest" in models
    assert "ann/small:1b" not in models


def test_an_application_finds_its_model_under_the_name_it_knows(start_scripted: StartScripted) -> None:
    server = start_scripted()
    server.ollama().copy("tiny", "gpt-3.5-turbo")
    answer = server.client().chat.completions.create(
        model="gpt-3.5-turbo", messages=[{"role": "user", "content": "Say this is a test"}]
    )
    assert answer.choices[0].message.content == "This is a test."


def test_verify_finds_and_names_a_damaged_blob(start_scripted: StartScripted, micro: object) -> None:
    server = start_scripted()
    models = server.home / "models"
    weights = models.parent / "weights"
    weights.write_bytes(b"not what it was")
    add_model(models, "damaged", weights)
    [blob] = [path for path in (models / "blobs").iterdir() if path.read_bytes() == b"not what it was"]
    blob.write_bytes(b"not what it is!")
    with server.http() as http:
        assert http.post("/api/show", json={"model": "tiny", "verify": True}).json() == {"damaged": []}
        [damage] = http.post("/api/show", json={"model": "damaged", "verify": True}).json()["damaged"]
    assert blob.name in damage


def test_a_model_that_is_not_there_is_404(native: ollama.Client) -> None:
    for ask in (native.show, native.delete):
        with pytest.raises(ollama.ResponseError) as raised:
            ask("tinny")
        assert raised.value.status_code == 404
        assert "did you mean 'tiny:latest'?" in raised.value.error
    with pytest.raises(ollama.ResponseError) as raised:
        native.copy("none", "some")
    assert raised.value.status_code == 404


def test_the_bundled_model_stays(native: ollama.Client) -> None:
    with pytest.raises(ollama.ResponseError) as raised:
        native.delete("tiny")
    assert raised.value.status_code == 400
    assert "comes with Puna" in raised.value.error


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("POST", "/api/show", {}, 400, "model is required"),
        ("POST", "/api/show", {"model": "../../etc/passwd"}, 400, "invalid model name"),
        ("POST", "/api/show", {"model": "tiny", "colour": 1}, 400, "'colour'"),
        ("POST", "/api/show", {"model": 1}, 400, "'model'"),
        ("POST", "/api/copy", {"source": "tiny"}, 400, "'destination'"),
        ("POST", "/api/copy", {"source": "tiny", "destination": "a/../b"}, 400, "invalid model name"),
        ("GET", "/api/show", None, 405, "allowed: POST"),
        ("GET", "/api/none", None, 404, "/api/none"),
        ("GET", "/api/", None, 404, "/api"),
        ("HEAD", "/api/blobs/sha256:12", None, 400, ""),
    ],
)
def test_what_can_not_be_is_said_in_ollamas_shape(
    server: ScriptedServer, method: str, path: str, body: object, status: int, words: str
) -> None:
    with server.http() as http:
        response = http.request(method, path, json=body)
    assert response.status_code == status
    if method != "HEAD":
        assert list(response.json()) == ["error"]
        assert words in response.json()["error"]


@pytest.mark.parametrize("wanted", ["0.6.4", "0.13.4", "0.14.0"], ids=["VS Code", "Codex", "Messages"])
def test_the_version_is_the_level_of_ollamas_api_that_clients_ask_for(server: ScriptedServer, wanted: str) -> None:
    with server.http() as http:
        version = http.get("/api/version").json()["version"]
    level, least = ([int(part) for part in text.split(".")] for text in (version, wanted))
    assert level >= least


def test_what_the_level_of_ollamas_api_has_is_there(server: ScriptedServer) -> None:
    with server.http() as http:
        for path in ("/api/chat", "/api/generate", "/api/embed", "/v1/responses", "/v1/chat/completions"):
            assert http.post(path, json={}).status_code == 400, path
