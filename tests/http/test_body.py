"""Requests that are larger than the server takes."""

import hashlib
import socket
from collections.abc import Iterator

import httpx2
import pytest

from puna.http.body import Body, build
from tests.server import RunningServer, running_server

LIMIT = 100_000


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("limited"), PUNA_MAX_REQUEST_SIZE=str(LIMIT)) as server:
        yield server


def pieces() -> Iterator[bytes]:
    """Four million bytes, of which nobody says beforehand how many they are."""
    yield b'{"model": "'
    for _ in range(400):
        yield b"x" * 10_000


def message(response: httpx2.Response) -> str:
    """What the error says, in the shape of the dialect that was asked."""
    error = response.json()["error"]
    if response.url.path.startswith("/api"):
        assert isinstance(error, str)
        return error
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", None, "request_too_large")
    return str(error["message"])


@pytest.mark.parametrize(
    "path", ["/v1/chat/completions", "/v1/responses", "/v1/embeddings", "/api/chat", "/api/show"]
)
def test_what_is_too_large_is_413_and_the_connection_goes_on(limited: RunningServer, path: str) -> None:
    with limited.http() as http:
        for content in (b" " * (LIMIT + 1), pieces()):
            response = http.post(path, content=content)
            assert response.status_code == 413
            assert "100 KB" in message(response)
            assert "PUNA_MAX_REQUEST_SIZE" in message(response)
            assert http.get("/api/version").status_code == 200


def test_what_is_just_small_enough_is_read(limited: RunningServer) -> None:
    with limited.http() as http:
        response = http.post("/v1/chat/completions", content=b" " * LIMIT)
        assert (response.status_code, response.json()["error"]["code"]) == (400, None)


def test_what_says_that_it_is_too_large_is_refused_before_it_comes(limited: RunningServer) -> None:
    url = httpx2.URL(limited.url)
    with socket.create_connection((url.host, url.port), timeout=30) as connection:
        connection.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999999\r\n\r\n"
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_files_may_have_any_size(limited: RunningServer) -> None:
    content = b"x" * (3 * LIMIT)
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    with limited.http() as http:
        assert http.post(f"/api/blobs/{digest}", content=content).status_code == 201
        assert http.head(f"/api/blobs/{digest}").status_code == 200


def test_validators_are_made_before_anybody_waits() -> None:
    class Outer(Body):
        number: int

    class Inner(Outer):
        text: str

    assert not Inner.__pydantic_complete__
    build(Body)
    assert Outer.__pydantic_complete__
    assert Inner.__pydantic_complete__
