import socket
from collections.abc import Iterator

import pytest

from puna.serving.paths import plain_path
from tests.scripted import ScriptedServer, StartScripted
from tests.server import RunningServer


@pytest.mark.parametrize(
    ("path", "plain"),
    [("/", "/"), ("//", "/"), ("/v1/models/", "/v1/models"), ("//v1//models", "/v1/models"), ("/health", "/health")],
)
def test_needless_slashes_are_ignored(path: str, plain: str) -> None:
    assert plain_path(path) == plain


def test_paths_with_needless_slashes_are_answered(scripted: ScriptedServer) -> None:
    with scripted.http() as http:
        for path in ("/v1/models/", "//v1/models", "/v1//models/", "/api/tags/"):
            assert http.get(f"{scripted.url}{path}").status_code == 200


def test_slashes_do_not_lead_around_a_key(start_scripted: StartScripted) -> None:
    server = start_scripted(PUNA_API_KEYS="secret")
    with server.http() as http:
        for path in ("//api//tags", "/api/tags/", "//v1/models//"):
            assert http.get(f"{server.url}{path}").status_code == 401


def whole(server: RunningServer, request: bytes) -> Iterator[bytes]:
    """All that a server sends until it closes."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(request)
        while piece := connection.recv(65536):
            yield piece


def test_a_client_of_http_1_0_gets_a_stream_without_chunks(server: RunningServer) -> None:
    body = b'{"model": "tiny", "messages": [{"role": "user", "content": "Say this is a test"}], "stream": true}'
    head = f"POST /v1/chat/completions HTTP/1.0\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    headers, _, stream = b"".join(whole(server, head.encode() + body)).partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in headers.lower()
    assert b"connection: close" in headers.lower()
    assert stream.startswith(b"data: {")
    assert stream.endswith(b"data: [DONE]\n\n")
