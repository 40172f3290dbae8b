"""A handful of the clients of `make test-clients`, with the versions that are installed for the tests."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.unmodified.__main__ import reported
from tests.clients.unmodified.clients import CLIENTS, Client
from tests.clients.unmodified.page import BEGIN, END, page
from tests.clients.unmodified.willing import serving

PROGRAMS = Path(__file__).parent / "unmodified" / "programs"
INSTALLED = {"openai-3": "openai_sdk.py", "ollama": "ollama_sdk.py"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("home")) as url:
        yield url


@pytest.mark.parametrize("client", INSTALLED)
def test_a_client_does_what_its_quick_start_does(url: str, client: str) -> None:
    found = reported([sys.executable, str(PROGRAMS / "python" / INSTALLED[client])], client, url)
    assert len(found) > 5
    assert {use: why for use, why in found.items() if why} == {}


def test_every_client_has_a_program_and_a_name_of_its_own() -> None:
    assert len(CLIENTS) >= 30
    assert len({client.name for client in CLIENTS}) == len(CLIENTS)
    assert [client.name for client in CLIENTS if not (PROGRAMS / client.kind / client.program).exists()] == []


@pytest.mark.parametrize(
    ("client", "shown"),
    [
        (Client("a", "python", "a.py", ("pydantic-ai-slim[openai]==2.68.0",)), "pydantic-ai-slim 2.68.0"),
        (Client("a", "node", "a.mjs", ("@ai-sdk/openai@4.0.118",)), "@ai-sdk/openai 4.0.118"),
        (Client("a", "go", "a.go", ("example.com/a/v3@v3.96.0",)), "example.com/a/v3 3.96.0"),
        (Client("a", "rust", "a.rs", ('async-openai = { version = "0.43.0" }',)), "async-openai 0.43.0"),
    ],
)
def test_a_client_is_shown_with_its_version(client: Client, shown: str) -> None:
    assert client.shown == shown


def test_the_page_keeps_what_is_around_the_table() -> None:
    known = {"ollama": {"chat": None, "tools": "Traceback\nValueError: it | fails"}}
    made = page(f"before\n{BEGIN}\nold\n{END}\nafter\n", known)
    assert made.startswith(f"before\n{BEGIN}\n| client")
    assert made.endswith(f"{END}\nafter\n")
    assert "| ollama 0.6.3 | Python | chat | tools: ValueError: it / fails |" in made
    assert "old" not in made
