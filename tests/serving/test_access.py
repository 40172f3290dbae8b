from collections.abc import Iterator

import httpx2
import pytest

from tests.scripted import ScriptedServer, StartScripted


@pytest.fixture
def http(scripted: ScriptedServer) -> Iterator[httpx2.Client]:
    with scripted.http() as http:
        yield http


@pytest.mark.parametrize(
    "origin", ["http://localhost:3000", "https://127.0.0.1", "tauri://localhost", "app://obsidian"]
)
def test_pages_of_this_machine_are_let_in(http: httpx2.Client, origin: str) -> None:
    response = http.get("/v1/models", headers={"origin": origin})
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == origin


@pytest.mark.parametrize("origin", ["https://evil.test", "http://localhost.evil.test", "null"])
def test_pages_of_other_sites_are_not(http: httpx2.Client, origin: str) -> None:
    response = http.get("/v1/models", headers={"origin": origin})
    assert response.status_code == 403
    assert "PUNA_ORIGINS" in response.json()["error"]["message"]
    assert http.get("/api/version", headers={"origin": origin}).json()["error"]


def test_a_name_that_was_rebound_to_this_machine_is_not(http: httpx2.Client) -> None:
    assert http.get("/v1/models", headers={"host": "evil.test"}).status_code == 403
    assert http.get("/v1/models", headers={"host": "localhost:11434"}).status_code == 200


@pytest.mark.parametrize(
    "host", ["localhost/v1/models?", "localhost?", "localhost#", "x/health?", "a@localhost", "a b"]
)
def test_a_host_that_would_be_read_as_a_path_is_none(start_scripted: StartScripted, host: str) -> None:
    """CVE-2026-48746 of vLLM: a request's address is put together of its host and its path."""
    with start_scripted(PUNA_API_KEYS="one", PUNA_HOSTS="*").http() as http:
        answer = http.get("/v1/models", headers={"host": host})
        assert (answer.status_code, "is not a valid host" in answer.text) == (400, True)
        good = {"host": "any.test:80", "authorization": "Bearer one"}
        assert http.get("/v1/models", headers=good).status_code == 200


def test_a_preflight_allows_what_the_sdk_sends(http: httpx2.Client) -> None:
    headers = {
        "origin": "http://localhost:3000",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,x-stainless-lang",
    }
    response = http.options("/v1/chat/completions", headers=headers)
    assert response.status_code == 200
    assert "x-stainless-lang" in response.headers["access-control-allow-headers"]


def test_origins_can_be_allowed(start_scripted: StartScripted) -> None:
    with start_scripted(PUNA_ORIGINS="https://app.test,https://*.good.test").http() as http:
        for origin, status in [("https://app.test", 200), ("https://a.good.test", 200), ("https://bad.test", 403)]:
            assert http.get("/v1/models", headers={"origin": origin}).status_code == status


def test_keys_are_asked_for_where_some_are_set(start_scripted: StartScripted) -> None:
    with start_scripted(PUNA_API_KEYS="one, two").http() as http:
        assert http.get("/").status_code == http.get("/health").status_code == 200
        missing = http.get("/v1/models")
        assert (missing.status_code, missing.json()["error"]["code"]) == (401, "missing_api_key")
        wrong = http.get("/v1/models", headers={"authorization": "Bearer three"})
        assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "invalid_api_key")
        assert http.get("/v1/models", headers={"authorization": "Bearer two"}).status_code == 200
        assert http.get("/api/version").status_code == 401
