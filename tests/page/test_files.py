"""How the page is served: to browsers only, whole, compressed, to everybody, with what keeps others out."""

import gzip
import re

import httpx2
import pytest

from puna.page.files import FOLDER, names, read
from tests.page.vendor import vendored
from tests.scripted import ScriptedServer, StartScripted
from tests.server import RunningServer

PLAIN = {"accept-encoding": "identity"}
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8", **PLAIN}
MOST = 150_000
"""Bytes that the page may have, compressed."""
REFERENCE = {
    "reference.html",
    "reference.js",
    "reference.css",
    "vendor/swagger-ui.css",
    "vendor/swagger-ui-bundle.js",
}
"""What only the reference needs."""


@pytest.fixture
def http(scripted: ScriptedServer) -> httpx2.Client:
    return scripted.http(**PLAIN)


def test_a_browser_gets_the_page_and_others_the_words(http: httpx2.Client) -> None:
    page = http.get("/", headers=BROWSER)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<title>Puna</title>" in page.text
    for accept in ("*/*", "application/json", ""):
        words = http.get("/", headers={"accept": accept})
        assert words.text == "Puna is running"
        assert "Accept" in words.headers["vary"]


@pytest.mark.parametrize("path", ["/", "/docs", "/page/main.js"])
def test_nothing_comes_from_elsewhere_and_nobody_frames_it(http: httpx2.Client, path: str) -> None:
    headers = http.get(path, headers=BROWSER).headers
    policy = headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"


def test_every_file_that_is_named_is_there(http: httpx2.Client) -> None:
    for document in ("/", "/docs"):
        text = http.get(document, headers=BROWSER).text
        for path in re.findall(r'(?:src|href)="(/page/[^"]+)"', text):
            assert http.get(path).status_code == 200, path
    for name in names():
        if name.endswith(".js") and "vendor" not in name:
            for other in re.findall(r'(?:from|import|import\()\s*"\./([^"]+)"', (FOLDER / name).read_text()):
                assert other in names(), f"{name} wants {other}"


def test_what_is_no_file_of_the_page_is_not_served(http: httpx2.Client) -> None:
    for name in ("nothing.js", "../routes.py", "..%2froutes.py", "vendor", "vendor/versions.txt/x", ""):
        answer = http.get(f"/page/{name}")
        assert answer.status_code == 404, name
        assert "error" in answer.json()


def test_a_file_comes_compressed_and_only_once(server: RunningServer) -> None:
    with server.http() as http:
        first = http.get("/page/main.js", headers={"accept-encoding": "gzip"})
        assert first.headers["content-encoding"] == "gzip"
        plain = http.get("/page/main.js", headers=PLAIN)
        assert "content-encoding" not in plain.headers
        assert first.content == plain.content == (FOLDER / "main.js").read_bytes()
        again = http.get("/page/main.js", headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_libraries_are_what_was_published_and_bring_their_licences() -> None:
    files = list(vendored())
    assert all(file.matches(file.path.read_bytes()) for file in files)
    assert {f"vendor/{file.name}" for file in files} == {name for name in names() if name.startswith("vendor/")}
    for package in {file.package for file in files}:
        assert any("LICENSE" in file.name for file in files if file.package == package), package


def test_the_page_is_small() -> None:
    sizes = {name: len(gzip.compress(read(name).content, 6)) for name in names() - REFERENCE}  # type: ignore[union-attr]
    assert sum(sizes.values()) < MOST, sizes


def test_the_page_needs_no_key_and_what_it_asks_does(start_scripted: StartScripted) -> None:
    http = start_scripted(PUNA_API_KEYS="secret").http(**PLAIN)
    for path in ("/", "/docs", "/page/main.js"):
        assert http.get(path, headers=BROWSER).status_code == 200
    for path in ("/openapi.json", "/v1/conversations", "/api/tags", "/api/ps"):
        assert http.get(path).status_code == 401
        assert http.get(path, headers={"authorization": "Bearer secret"}).status_code == 200


def test_a_page_of_another_site_gets_nothing(http: httpx2.Client) -> None:
    for path in ("/", "/docs", "/page/main.js"):
        assert http.get(path, headers={**BROWSER, "origin": "http://foreign.example"}).status_code == 403
    assert http.get("/", headers={**BROWSER, "host": "rebound.example"}).status_code == 403
