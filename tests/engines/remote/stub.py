"""A server that answers what a test tells it to, in the words of whichever server it plays. What it was asked is in
`requests`."""

import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, Mapping[str, str], bytes]
CUT = b"<cut>"
"""In a stream: break the connection here."""


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass
class Stub:
    """What is answered at each path, 404 where nothing is. Several answers are given in turn; the last one stays."""

    url: str = ""
    port: int = 0
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def tell(self, path: str, body: Any, status: int = 200, **headers: str) -> None:
        """Answer with that JSON."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.setdefault(path, []).append((status, named, json.dumps(body).encode()))

    def stream(self, *chunks: Any, path: str = "/v1/chat/completions", done: bool = True) -> None:
        """Answer with those events."""
        events = [
            chunk if isinstance(chunk, bytes) else f"data: {json.dumps(chunk)}\n\n".encode() for chunk in chunks
        ]
        content = b"".join([*events, *([b"data: [DONE]\n\n"] if done else [])])
        self.answers.setdefault(path, []).append((200, {"Content-Type": "text/event-stream"}, content))

    def say(self, *pieces: str, usage: tuple[int, int] | None = (3, 5)) -> None:
        """Answer a chat with that text."""
        self.stream(*chat_chunks(*pieces, usage=usage))

    def owned_by(self, owner: str, model: str = "m", **more: Any) -> None:
        """Play the server that lists its models so."""
        self.tell("/v1/models", {"data": [{"id": model, "owned_by": owner, **more}]})

    @property
    def bodies(self) -> list[Any]:
        """What was posted to OpenAI's paths."""
        return [each.body for each in self.asked if each.method == "POST" and each.path.startswith("/v1/")]


def chat_chunks(*pieces: str, usage: tuple[int, int] | None = (3, 5)) -> list[dict[str, Any]]:
    """An answer as chunks."""
    rows = [chunk({"role": "assistant", "content": ""}), *(chunk({"content": piece}) for piece in pieces)]
    rows.append(chunk({}, finish_reason="stop"))
    if usage:
        rows.append({"choices": [], "usage": {"prompt_tokens": usage[0], "completion_tokens": usage[1]}})
    return rows


def chunk(delta: dict[str, Any], *, index: int = 0, **more: Any) -> dict[str, Any]:
    """One chunk of a chat."""
    return {"object": "chat.completion.chunk", "choices": [{"index": index, "delta": delta, **more}]}


@contextmanager
def stub_server(encryption: ssl.SSLContext | None = None) -> Iterator[Stub]:
    """A stub that listens on a port of its own, with TLS where there is a context for it."""
    stub = Stub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer("GET")

        def do_POST(self) -> None:
            self._answer("POST")

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            """Nobody reads it."""

        def _answer(self, method: str) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            stub.asked.append(Asked(method, self.path, headers, json.loads(content) if content else None))
            told = stub.answers.get(self.path) or [(404, {}, b'{"error": {"message": "not here"}}')]
            status, named, body = told.pop(0) if len(told) > 1 else told[0]
            body, cut, _ = body.partition(CUT)
            self.send_response(status)
            for name, value in named.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body) + len(cut)))
            self.end_headers()
            self.wfile.write(body)
            if cut:
                self.wfile.flush()
                self.connection.close()
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    stub.port = server.server_address[1]
    stub.url = f"{'https' if encryption else 'http'}://127.0.0.1:{stub.port}/v1"
    if encryption:
        server.socket = encryption.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield stub
    finally:
        with suppress(OSError):
            server.shutdown()
            server.server_close()
        thread.join()
