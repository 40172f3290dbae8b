"""Web pages in a real Chromium: those of other sites can neither read nor write, those that are allowed can."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

import pytest

from tests.server import RunningServer, running_server

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

PAGE = """<!doctype html><script>
async function attempt(name, path, options) {
  try {
    const answer = await fetch("SERVER" + path, options);
    return [name, answer.type, answer.status, (await answer.text()).slice(0, 300)];
  } catch (error) { return [name, "error", 0, String(error)]; }
}
(async () => {
  const json = {"content-type": "application/json"}, plain = {"content-type": "text/plain"};
  const chat = JSON.stringify({model: "tiny", messages: [{role: "user", content: "Hello"}], max_tokens: 2});
  const copy = name => JSON.stringify({source: "tiny", destination: name});
  const results = [
    await attempt("read", "/v1/models", {}),
    await attempt("read blindly", "/v1/models", {mode: "no-cors"}),
    await attempt("chat", "/v1/chat/completions", {method: "POST", headers: json, body: chat}),
    await attempt("chat as a form", "/v1/chat/completions", {method: "POST", headers: plain, body: chat}),
    await attempt("write", "/api/copy", {method: "POST", headers: json, body: copy("json")}),
    await attempt("write as a form", "/api/copy", {method: "POST", headers: plain, body: copy("plain")}),
    await attempt("write blindly", "/api/copy", {method: "POST", mode: "no-cors", body: copy("blind")}),
    await attempt("delete", "/api/delete", {method: "DELETE", headers: json, body: JSON.stringify({model: "kept"})}),
  ];
  await fetch("/report", {method: "POST", body: JSON.stringify(results)});
})();
</script>"""


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("guarded"), PUNA_ORIGINS="http://allowed.test:*") as server:
        with server.http() as http:
            http.post("/api/copy", json={"source": "tiny", "destination": "kept"}).raise_for_status()
        yield server


@contextmanager
def site(page: str) -> Iterator[tuple[int, "SimpleQueue[Any]"]]:
    """A web server with one page: its port, and what the page reports."""
    reports: SimpleQueue[Any] = SimpleQueue()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(page.encode())

        def do_POST(self) -> None:
            reports.put(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.answer(b"")

        def answer(self, content: bytes) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - http.server's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port, reports
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def browser(profile: Path, url: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """Chromium at that address; all names that end in `.test` are this machine."""
    assert CHROMIUM
    command = [
        CHROMIUM,
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
    ]
    command += [f"--user-data-dir={profile}", "--host-resolver-rules=MAP *.test 127.0.0.1", *arguments, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def attempts(server: RunningServer, profile: Path, host: str) -> dict[str, tuple[str, int, str]]:
    """What a page of that host gets to do."""
    with (
        site(PAGE.replace("SERVER", server.url)) as (port, reports),
        browser(profile, f"http://{host}:{port}/"),
    ):
        return {name: (kind, status, text) for name, kind, status, text in reports.get(timeout=120)}


def models(server: RunningServer) -> set[str]:
    with server.http() as http:
        return {model["id"].removesuffix(":latest") for model in http.get("/v1/models").json()["data"]}


def test_a_page_of_another_site_can_neither_read_nor_write(guarded: RunningServer, tmp_path: Path) -> None:
    before = models(guarded)
    for name, (kind, _, text) in attempts(guarded, tmp_path, "foreign.test").items():
        assert kind == ("opaque" if "blindly" in name else "error"), (name, text)
        assert "tiny" not in text
    assert models(guarded) == before
    assert "kept" in before


def test_a_page_that_is_allowed_can(guarded: RunningServer, tmp_path: Path) -> None:
    results = attempts(guarded, tmp_path, "allowed.test")
    assert results["read"][:2] == ("cors", 200)
    assert "tiny" in results["read"][2]
    assert results["chat"][:2] == ("cors", 200)
    assert results["write"][:2] == ("cors", 200)
    assert "json" in models(guarded)


def test_a_name_that_was_rebound_gets_no_answer(guarded: RunningServer, tmp_path: Path) -> None:
    port = guarded.url.rpartition(":")[2]
    with browser(tmp_path, f"http://rebound.test:{port}/v1/models", "--dump-dom") as process:
        assert process.stdout
        shown = process.stdout.read()
    assert "is not this machine" in shown
    assert "tiny" not in shown
