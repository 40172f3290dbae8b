"""HTTPS to other servers, and the proxy of the environment."""

import base64
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from puna.engines.remote import encryption
from puna.engines.remote.proxy import proxy_for
from tests.certificates import write_certificate
from tests.engines.remote.front import Front
from tests.engines.remote.stub import Stub, stub_server
from tests.server import running_server

PATH = "/v1/chat/completions"
ASKED: list[Any] = [{"role": "user", "content": "Say this is a test"}]
HOST = "far.example"


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is trusted is read anew, and no proxy of the machine's counts."""
    for name in ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    encryption._encryption.cache_clear()
    yield
    encryption._encryption.cache_clear()


@contextmanager
def encrypted(folder: Path, name: str = "127.0.0.1", *, days: int = 1) -> Iterator[tuple[Stub, Path]]:
    """A server with a certificate for that host, and the file of the certificate."""
    certificate, key = write_certificate(folder, name, days=days)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with stub_server(context) as stub:
        stub.owned_by("somebody")
        stub.say("Hello")
        yield stub, certificate


def test_another_puna_over_https(front: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, key = write_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with running_server(tmp_path / "home", PUNA_TLS_CERT=str(certificate), PUNA_TLS_KEY=str(key)) as server:
        front.make("safe", f"FROM {server.url}/v1 tiny")
        client = front.client()
        stream = client.chat.completions.create(model="safe", messages=ASKED, temperature=0, stream=True)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == "This is a test."
        for _ in range(2):  # on the connection that is kept
            assert client.chat.completions.create(model="safe", messages=ASKED, temperature=0).choices
    [state] = front.get("/api/ps").json()["models"][0]["servers"]
    assert state["kind"] == "puna"


@pytest.mark.parametrize(
    ("name", "days", "known", "why"),
    [
        (
            "127.0.0.1",
            1,
            False,
            "self-signed certificate; if you trust it, set SSL_CERT_FILE",
        ),
        ("127.0.0.1", -1, True, "certificate has expired"),
        ("elsewhere.example", 1, True, "certificate is not valid for '127.0.0.1'"),
    ],
)
def test_a_bad_certificate_is_said_in_words(
    name: str, days: int, known: bool, why: str, front: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with encrypted(tmp_path, name, days=days) as (stub, certificate):
        if known:
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        model = front.make(f"bad{stub.port}", f"FROM {stub.url} m\nKEY env:FAR_KEY")
        monkeypatch.setenv("FAR_KEY", "secret")
        answer = front.post(PATH, model=model, messages=ASKED)
        assert answer.status_code == 502
        message = answer.json()["error"]["message"]
        assert "its certificate is not trusted" in message
        assert why in message
        assert not stub.asked


def test_a_server_without_encryption_at_an_address_with_it(front: Front, stub: Stub) -> None:
    model = front.make("plain", f"FROM {stub.url.replace('http:', 'https:')} m")
    answer = front.post(PATH, model=model, messages=ASKED)
    assert "does not speak HTTPS at this port" in answer.json()["error"]["message"]


@dataclass
class Proxy:
    """What a proxy was asked, and what it answers where it opens no tunnel."""

    url: str = ""
    heads: list[str] = field(default_factory=list)
    refusal: bytes = b""


@contextmanager
def running_proxy(port: int) -> Iterator[Proxy]:
    """A proxy that leads to that port of this machine, whatever host it is asked for."""
    proxy = Proxy()
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        proxy.url = f"http://127.0.0.1:{listener.getsockname()[1]}"

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connect(listener.accept()[0])

        def connect(client: socket.socket) -> None:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += client.recv(1)
            proxy.heads.append(head.decode())
            if proxy.refusal:
                client.sendall(proxy.refusal)
                client.close()
                return
            server = socket.create_connection(("127.0.0.1", port))
            client.sendall(b"HTTP/1.1 200 Connection established\r\nVia: a test\r\n\r\n")
            for here, there in ((client, server), (server, client)):
                threading.Thread(target=pump, args=(here, there), daemon=True).start()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield proxy
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def pump(here: socket.socket, there: socket.socket) -> None:
    """Pass on what comes, until one side leaves."""
    with suppress(OSError), here, there:
        while data := here.recv(65536):
            there.sendall(data)


@pytest.fixture
def far(front: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Stub, Proxy]]:
    """A model whose server is reached through the proxy alone, the server, and the proxy."""
    with encrypted(tmp_path, HOST) as (stub, certificate), running_proxy(stub.port) as proxy:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", "//ann:p%40ss@"))
        monkeypatch.setenv("FAR_KEY", "sk-far")
        yield front.make(f"far{stub.port}", f"FROM https://{HOST}/v1 m{stub.port}\nKEY env:FAR_KEY"), stub, proxy


def test_the_proxy_of_the_environment_is_used_and_sees_no_key(front: Front, far: tuple[str, Stub, Proxy]) -> None:
    model, stub, proxy = far
    answer = front.post(PATH, model=model, messages=ASKED)
    assert answer.json()["choices"][0]["message"]["content"] == "Hello"
    assert {each.headers["authorization"] for each in stub.asked} == {"Bearer sk-far"}
    lines = proxy.heads[0].splitlines()
    assert lines[0] == f"CONNECT {HOST}:443 HTTP/1.1"
    assert f"Proxy-Authorization: Basic {base64.b64encode(b'ann:p@ss').decode()}" in lines
    assert "sk-far" not in "".join(proxy.heads)


@pytest.mark.parametrize(
    ("refusal", "why"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT"),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "answers 403 Forbidden"),
        (b"220 mail.example ESMTP\r\n\r\n", "is not an HTTP proxy"),
    ],
)
def test_a_proxy_that_refuses(refusal: bytes, why: str, front: Front, far: tuple[str, Stub, Proxy]) -> None:
    model, stub, proxy = far
    proxy.refusal = refusal
    answer = front.post(PATH, model=model, messages=ASKED)
    assert answer.status_code == 502
    assert why in answer.json()["error"]["message"]
    assert "p@ss" not in answer.text
    assert not stub.asked


@pytest.mark.parametrize(
    ("proxy", "why"),
    [
        ("socks5://127.0.0.1:1", "of the kind socks5"),
        ("http://127.0.0.1:1", "the proxy 127.0.0.1:1 takes no connection"),
    ],
)
def test_a_proxy_that_can_not_be_used(
    proxy: str, why: str, front: Front, far: tuple[str, Stub, Proxy], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    assert why in front.post(PATH, model=far[0], messages=ASKED).json()["error"]["message"]


def test_hosts_that_need_no_proxy(
    front: Front, far: tuple[str, Stub, Proxy], monkeypatch: pytest.MonkeyPatch
) -> None:
    front.make("here", f"FROM https://127.0.0.1:{far[1].port}/v1 m")  # this machine
    assert "is not valid for '127.0.0.1'" in front.post(PATH, model="here", messages=ASKED).text
    assert not far[2].heads
    assert proxy_for(HOST, 443)
    monkeypatch.setenv("NO_PROXY", "other.example,.example")
    assert proxy_for(HOST, 443) is None
