"""For a model that can't see nothing is fetched."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.library import ggufs
from tests.server import StartServer
from tests.stored_models import add_model


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """A web server's address, and the paths that it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - http.server's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/picture.png", asked
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/v1/chat/completions", lambda url: {"messages": [{"role": "user", "content": part("image_url", url)}]}),
        ("/v1/responses", lambda url: {"input": [{"role": "user", "content": part("input_image", url)}]}),
        ("/api/chat", lambda url: {"messages": [{"role": "user", "content": "x", "images": [url]}]}),
        ("/api/generate", lambda url: {"prompt": "x", "images": [url]}),
    ],
)
def test_nothing_is_fetched(start_server: StartServer, tmp_path: Path, path: str, content: Any) -> None:
    add_model(tmp_path / "home/models", "blind", ggufs.write(tmp_path / "blind.gguf"))
    with listening() as (url, asked), start_server(PUNA_IMAGE_HOSTS="*").http() as http:
        for model, status in (("blind", 400), ("missing", 404)):
            answer = http.post(path, json={"model": model, **content(url)})
            assert answer.status_code == status, answer.text
            assert model == "missing" or "does not support images" in answer.text
        assert not asked


def part(kind: str, url: str) -> list[dict[str, Any]]:
    return [{"type": kind, "image_url": {"url": url} if kind == "image_url" else url}]
