"""Keys from a file: what each may do, and whose things are whose."""

import hashlib
import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from puna.serving.keys import Keys
from puna.settings import SettingError, Settings
from tests.certificates import write_certificate
from tests.server import RunningServer, StartServer, running_server

CHAT = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 4}


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


FILE = f"""
[ann]
sha256 = "{digest("ann's")}"

[eve]
sha256 = "{digest("eve's")}"

[ben]
sha256 = "{digest("ben's")}"
models = ["mine*"]

[cat]
sha256 = "{digest("cat's")}"
requests_per_minute = 2

[dan]
sha256 = "{digest("dan's")}"
tokens_per_minute = 5
"""


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    path = tmp_path_factory.mktemp("keys") / "keys.toml"
    path.write_text(FILE)
    with running_server(tmp_path_factory.mktemp("keyed"), PUNA_API_KEYS_FILE=str(path)) as server:
        with asking(server, "ann") as http:
            http.post("/api/copy", json={"source": "tiny", "destination": "mine"}).raise_for_status()
        yield server


def asking(server: RunningServer, name: str) -> httpx2.Client:
    """A client with somebody's key."""
    http = server.http()
    http.headers["authorization"] = f"Bearer {name}'s"
    return http


def test_a_key_may_do_everything_unless_the_file_says_less(keyed: RunningServer) -> None:
    with asking(keyed, "ann") as http:
        assert http.post("/v1/chat/completions", json={"model": "tiny", **CHAT}).status_code == 200
    with asking(keyed, "nobody") as http:
        assert http.get("/v1/models").json()["error"]["code"] == "invalid_api_key"


def test_a_key_for_some_models_sees_and_uses_no_others(keyed: RunningServer) -> None:
    with asking(keyed, "ben") as http:
        assert http.post("/v1/chat/completions", json={"model": "Mine:latest", **CHAT}).status_code == 200
        assert [model["id"] for model in http.get("/v1/models").json()["data"]] == ["mine:latest"]
        assert [model["name"] for model in http.get("/api/tags").json()["models"]] == ["mine:latest"]
        for method, path, body in (
            ("POST", "/v1/chat/completions", {"model": "tiny", **CHAT}),
            ("POST", "/v1/responses", {"model": "registry.ollama.ai/library/tiny", "input": "x"}),
            ("POST", "/v1/embeddings", {"model": "tiny:latest", "input": "x"}),
            ("POST", "/api/chat", {"model": "TINY", "messages": []}),
            ("POST", "/api/generate", {"name": "tiny", "prompt": "x"}),
            ("POST", "/api/show", {"model": "tiny"}),
            ("GET", "/v1/models/tiny", None),
            ("POST", "/api/copy", {"source": "mine", "destination": "mine2"}),
            ("DELETE", "/api/delete", {"model": "mine"}),
            ("POST", "/api/pull", {"model": "mine"}),
            ("POST", f"/api/blobs/sha256:{'0' * 64}", None),
        ):
            answer = http.request(method, path, json=body)
            assert answer.status_code in (400, 403), (path, answer.text)
            assert "model" in answer.text


def test_requests_a_minute(keyed: RunningServer) -> None:
    with asking(keyed, "cat") as http:
        first = http.post("/v1/chat/completions", json={"model": "tiny", **CHAT})
        assert first.headers["x-ratelimit-limit-requests"] == "2"
        assert first.headers["x-ratelimit-remaining-requests"] == "1"
        assert first.headers["x-ratelimit-reset-requests"].endswith("s")
        answers = [http.post("/v1/chat/completions", json={"model": "tiny", **CHAT}) for _ in range(10)]
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.json()["error"]["code"] == "rate_limit_exceeded"
        assert refused.json()["error"]["type"] == "requests"
        assert 0 < int(refused.headers["retry-after"]) <= 30
        assert http.get("/v1/models").status_code == 200
    with asking(keyed, "ann") as http:
        assert http.post("/v1/chat/completions", json={"model": "tiny", **CHAT}).status_code == 200


@pytest.mark.parametrize("left", [False, True])
def test_tokens_a_minute(tmp_path: Path, left: bool) -> None:
    (tmp_path / "keys.toml").write_text(FILE)
    with (
        running_server(tmp_path / "home", PUNA_API_KEYS_FILE=str(tmp_path / "keys.toml")) as server,
        asking(server, "dan") as http,
    ):
        if left:
            body = {"model": "tiny", **CHAT, "max_tokens": 2000, "stream": True}
            with http.stream("POST", "/v1/chat/completions", json=body) as stream:
                next(stream.iter_raw())
        else:
            first = http.post("/v1/chat/completions", json={"model": "tiny", **CHAT})
            assert (first.status_code, first.headers["x-ratelimit-limit-tokens"]) == (200, "5")
        answers = (http.post("/v1/embeddings", json={"model": "tiny", "input": "x"}) for _ in range(50))
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.json()["error"]["type"] == "tokens"
        assert refused.headers["x-ratelimit-remaining-tokens"] == "0"


def test_what_is_stored_belongs_to_the_key_that_made_it(keyed: RunningServer) -> None:
    with asking(keyed, "ann") as ann, asking(keyed, "eve") as other:
        response = ann.post("/v1/responses", json={"model": "tiny", "input": "Hello", "max_output_tokens": 4}).json()
        made = ann.post("/v1/conversations", json={"items": [{"role": "user", "content": "A secret"}]}).json()
        [item] = ann.get(f"/v1/conversations/{made['id']}/items").json()["data"]
        for path in (
            f"/v1/responses/{response['id']}",
            f"/v1/responses/{response['id']}/input_items",
            f"/v1/conversations/{made['id']}",
            f"/v1/conversations/{made['id']}/items",
            f"/v1/conversations/{made['id']}/items/{item['id']}",
        ):
            assert ann.get(path).status_code == 200, path
            assert other.get(path).status_code == 404, path
            assert other.delete(path).status_code in (404, 405), path
            assert ann.get(path).status_code == 200, path
        going_on: list[dict[str, Any]] = [
            {"previous_response_id": response["id"], "input": "x"},
            {"conversation": made["id"], "input": "x"},
            {"input": [{"type": "item_reference", "id": item["id"]}]},
            {"input": [{"type": "item_reference", "id": response["output"][0]["id"]}]},
        ]
        for body in going_on:
            asked = {"model": "tiny", "max_output_tokens": 4, **body}
            assert ann.post("/v1/responses", json=asked).status_code == 200, body
            refused = other.post("/v1/responses/input_tokens", json={"model": "tiny", **body})
            assert refused.status_code in (400, 404), refused.text
    with asking(keyed, "ann") as http:
        page = http.get("/metrics").text
    assert 'puna_key_requests_total{key="ann",status="200"}' in page
    assert 'puna_key_tokens_total{key="ann",kind="prompt"}' in page
    log = keyed.log.read_text()
    assert "ann's" not in log
    assert {"ann", "eve"} <= {json.loads(line).get("client") for line in log.splitlines()}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no keys"),
        ("[ann]", "sha256"),
        ('[ann]\nsha256 = "x"', "64 hexadecimal"),
        ('ann = "x"', "table"),
        ('["a b"]\nsha256 = "x"', "table"),
        (f'[ann]\nsha256 = "{"0" * 64}"\nmodel = "x"', "unknown 'model'"),
        (f'[ann]\nsha256 = "{"0" * 64}"\nmodels = "x"', "list of names"),
        (f'[ann]\nsha256 = "{"0" * 64}"\nrequests_per_minute = 0', "above 0"),
        (f'[ann]\nsha256 = "{"0" * 64}"\ntokens_per_minute = true', "above 0"),
        ("[ann", "Expected"),
    ],
)
def test_a_file_that_is_wrong_ends_the_start(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "keys.toml").write_text(text)
    with pytest.raises(SettingError, match=problem):
        Keys.of(Settings(api_keys_file=tmp_path / "keys.toml"))


def test_a_list_without_a_key_ends_the_start() -> None:
    with pytest.raises(SettingError, match="none of them empty"):
        Settings.from_environment({"PUNA_API_KEYS": " , "})


def test_a_name_of_the_server_has_to_be_known_wherever_it_listens(start_server: StartServer) -> None:
    server = start_server(PUNA_HOST="0.0.0.0", PUNA_HOSTS="models.example.org,*.lan.test")  # noqa: S104
    port = server.url.rpartition(":")[2]
    for host, status in (
        ("evil.test", 403), ("models.example.org.evil.test", 403), ("models.example.org", 200), ("a.lan.test:1", 200),
        ("127.0.0.1", 200), (f"10.0.0.1:{port}", 200), ("localhost", 200), ("puna", 200), ("box.local", 200),
    ):  # fmt: skip
        answer = httpx2.get(f"http://127.0.0.1:{port}/api/version", headers={"host": host}, trust_env=False)
        assert answer.status_code == status, host
    assert "without a key and can use" in server.log.read_text()


def test_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from puna.cli.client.client import connected

    certificate, key = write_certificate(tmp_path)
    variables = {"PUNA_TLS_CERT": str(certificate), "PUNA_TLS_KEY": str(key)}
    with running_server(tmp_path / "home", **variables) as server:
        assert server.url.startswith("https://")
        trusted = ssl.create_default_context(cafile=certificate)
        answer = httpx2.get(f"{server.url}/v1/models", verify=trusted, trust_env=False)
        assert answer.json()["data"][0]["id"] == "tiny:latest"
        for name, value in {**variables, "PUNA_HOST": server.url.removeprefix("https://")}.items():
            monkeypatch.setenv(name, value)
        with connected() as client:
            assert client.models()[0].name == "tiny:latest"
    with pytest.raises(SettingError, match="belong together"):
        Settings.from_environment({"PUNA_TLS_CERT": str(certificate)})
