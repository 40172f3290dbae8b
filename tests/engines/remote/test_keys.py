"""A key goes to the address that it is for, and nowhere else."""

import logging
from pathlib import Path

import pytest

from tests.engines.remote.front import Front
from tests.engines.remote.stub import Stub, stub_server
from tests.scripted import ScriptedServer

KEY = "sk-far-9d8f7a6b5c4d3e2f"
ASKED = [{"role": "user", "content": "hi"}]


@pytest.fixture
def keyed(front: Front, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> str:
    """A model whose server wants a key."""
    monkeypatch.setenv("FAR_KEY", KEY)
    stub.owned_by("somebody")
    return front.make("keyed", f"FROM {stub.url} m\nKEY env:FAR_KEY")


def test_a_key_of_the_environment_is_sent_with_every_request(front: Front, stub: Stub, keyed: str) -> None:
    stub.say("Hello")
    assert front.post("/v1/chat/completions", model=keyed, messages=ASKED).status_code == 200
    assert {each.headers["authorization"] for each in stub.asked} == {f"Bearer {KEY}"}


def test_a_key_of_a_file_is_read_when_it_is_needed(front: Front, stub: Stub, tmp_path: Path) -> None:
    path = tmp_path / "far.key"
    path.write_text("first\n")
    stub.owned_by("somebody")
    stub.say("Hello")
    front.make("filed", f"FROM {stub.url} m\nKEY file:{path}")
    for key in ("first", "second"):
        path.write_text(f"{key}\n")
        assert front.post("/v1/chat/completions", model="filed", messages=ASKED).status_code == 200
        assert stub.asked[-1].headers["authorization"] == f"Bearer {key}"


def test_the_key_is_in_no_error_no_log_no_manifest_and_nothing_shown(
    front: Front, stub: Stub, keyed: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    path = "/v1/chat/completions"
    said = {"error": {"message": f"Incorrect API key provided: {KEY}", "param": f"Bearer {KEY}"}}
    for status in (400, 401, 404, 429, 500):
        stub.tell(path, said, status)
    stub.stream({"error": {"message": f"lost {KEY}"}})
    texts = []
    for _ in range(6):
        texts.append(front.post(path, model=keyed, messages=ASKED).text)
        texts.append(front.post("/api/show", model=keyed).text)
    with front.http() as http:
        texts += [http.get(place).text for place in ("/api/ps", "/metrics", "/api/tags")]
    assert "***" in texts[0]
    assert not [text for text in texts if KEY in text]
    assert KEY not in caplog.text
    assert not [file for file in front.home.rglob("*") if file.is_file() and KEY.encode() in file.read_bytes()]


def test_a_missing_key_is_said_by_its_place(front: Front, stub: Stub) -> None:
    front.make("unset", f"FROM {stub.url} m\nKEY env:NOT_SET_ANYWHERE")
    answer = front.post("/v1/chat/completions", model="unset", messages=ASKED)
    assert answer.status_code == 502
    assert "environment variable NOT_SET_ANYWHERE is not set" in answer.json()["error"]["message"]
    assert not stub.asked


def test_a_redirect_is_not_followed(front: Front, stub: Stub, keyed: str) -> None:
    with stub_server() as other:
        stub.tell("/v1/chat/completions", {}, 307, Location=f"{other.url}/chat/completions")
        answer = front.post("/v1/chat/completions", model=keyed, messages=ASKED)
        assert answer.status_code == 502
        assert "redirect" in answer.json()["error"]["message"]
        assert not other.asked


def test_each_address_gets_its_own_key(front: Front, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONE_KEY", "one")
    with stub_server() as other:
        for each in (stub, other):
            each.owned_by("somebody")
            each.say("Hello")
        front.make("two", f"FROM {stub.url} m\nKEY env:ONE_KEY\nFROM {other.url} m\nKEY none")
        for number in range(8):
            front.post("/v1/chat/completions", model="two", messages=[{"role": "user", "content": f"hi {number}"}])
        assert {each.headers.get("authorization") for each in stub.asked} == {"Bearer one"}
        assert {each.headers.get("authorization") for each in other.asked} == {None}


def test_only_programs_on_this_machine_may_make_such_a_model(scripted: ScriptedServer) -> None:
    remote = {"addresses": [{"url": "https://far.example/v1", "model": "m", "key": "env:PATH"}]}
    with scripted.http() as http:
        made = http.post("/api/create", json={"model": "far", "remote": remote, "stream": False})
        assert made.json() == {"status": "success"}
        shown = http.post("/api/show", json={"model": "far"}).json()
        assert "KEY env:PATH" in shown["modelfile"]
        http.request("DELETE", "/api/delete", json={"model": "far"})
