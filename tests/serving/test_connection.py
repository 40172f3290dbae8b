"""Clients that are slow, silent or greedy."""

import select
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from puna.serving.connection import MOST_PIPELINED
from tests.server import RunningServer, running_server

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="asks the system for its limits as POSIX has them")

POST = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that waits for nobody."""
    times = {f"PUNA_{name}_TIMEOUT": "500ms" for name in ("HEAD", "BODY", "READ")}
    with running_server(tmp_path_factory.mktemp("impatient"), PUNA_IDLE_TIMEOUT="1", **times) as server:
        yield server


def connect(server: RunningServer) -> socket.socket:
    host, port = server.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=60)


def until_closed(connection: socket.socket) -> bytes:
    """What the server still says before it closes the connection."""
    answer = b""
    try:
        while block := connection.recv(65536):
            answer += block
    except ConnectionError:
        pass
    return answer


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", b""),
        (b"GET / HT", b"HTTP/1.1 408 "),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ", b"HTTP/1.1 408 "),
        (b"\r\n\r\n", b"HTTP/1.1 408 "),
        (POST + b"Content-Length: 100\r\n\r\n{", b"HTTP/1.1 408 "),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", b"HTTP/1.1 408 "),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HT", b"HTTP/1.1 200 "),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n\r\n", b"HTTP/1.1 200 "),
    ],
)
def test_what_does_not_come_whole_is_not_waited_for(impatient: RunningServer, sent: bytes, status: bytes) -> None:
    with connect(impatient) as connection:
        connection.sendall(sent)
        assert until_closed(connection).startswith(status)


def test_a_body_that_drips_is_not_waited_for(impatient: RunningServer) -> None:
    with connect(impatient) as connection:
        connection.sendall(POST + b"Content-Length: 1000000\r\n\r\n{")
        connection.settimeout(0.02)
        for _ in range(3000):
            try:
                answer = connection.recv(1000)
                break
            except TimeoutError:
                connection.sendall(b" ")
        assert answer.startswith(b"HTTP/1.1 408 ")


def test_a_body_that_comes_is_waited_for(impatient: RunningServer) -> None:
    with connect(impatient) as connection:
        connection.sendall(POST + b"Connection: close\r\nContent-Length: 400000\r\n\r\n")
        connection.settimeout(0.02)
        for _ in range(39):  # more than twice as long as nothing may come
            connection.sendall(b" " * 10_000)
            with pytest.raises(TimeoutError):
                connection.recv(1)
        connection.settimeout(60)
        connection.sendall(b" " * 10_000)
        assert until_closed(connection).startswith(b"HTTP/1.1 400 ")


def test_an_answer_that_nobody_reads_is_given_up(impatient: RunningServer) -> None:
    with connect(impatient) as connection, impatient.http() as http:
        closed = select.poll()
        closed.register(connection, 0)
        for _ in range(1000):  # until the system's buffers are full, and never many at once
            try:
                connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
            except ConnectionError:
                break
            if closed.poll(100):
                break
        else:
            pytest.fail("the server goes on with answers that nobody reads")
        assert http.get("/health").status_code == 200


def test_some_requests_may_come_before_the_first_is_answered_and_no_more(server: RunningServer) -> None:
    """What has come is parsed whole, and a request is a hundred times as large as what is sent of it."""
    request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with connect(server) as connection:
        connection.sendall(request * MOST_PIPELINED + request.replace(b"Host", b"Connection: close\r\nHost"))
        assert until_closed(connection).count(b"Puna is running") == MOST_PIPELINED + 1
    with connect(server) as connection:
        connection.sendall(request * 1000)
        assert until_closed(connection).count(b"Puna is running") < 1000


@pytest.mark.parametrize(
    "head",
    [
        b"X: " + b"x" * 70_000 + b"\r\n",
        b"X: x\r\n" * 200,
        b"".join(b"X%d: %s\r\n" % (number, b"x" * 1000) for number in range(90)),
        b"X" * 200_000,
    ],
)
def test_large_headers_are_refused(server: RunningServer, head: bytes) -> None:
    with connect(server) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\n")
        assert until_closed(connection).startswith(b"HTTP/1.1 431 ")
    with connect(server) as connection:
        connection.sendall(b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert until_closed(connection).startswith(b"HTTP/1.1 431 ")


def test_an_idle_connection_is_closed(impatient: RunningServer) -> None:
    with connect(impatient) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert until_closed(connection).endswith(b"Puna is running")


def test_with_few_descriptors_honest_requests_are_answered_and_the_log_says_so(tmp_path: Path) -> None:
    few = ("sh", "-c", 'ulimit -n 64; exec "$0" "$@"')
    with running_server(tmp_path / "home", launcher=few) as server, ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(connect(server))
        answer = server.client().chat.completions.create(
            model="tiny", messages=[{"role": "user", "content": "Hello"}], max_tokens=3
        )
        assert answer.choices[0].message.content
        assert "Only 64 files may be open" in server.log.read_text()
        assert "idle ones are closed" in server.log.read_text()
