"""The pytest plugin, which pytest finds by itself where Puna is installed. It imports nothing before it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    import openai

    from puna.testing.harness import Harness
    from puna.testing.script import Script


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "puna(model='tiny', seed=0): the model that answers requests for models that are not installed, and the "
        "seed of requests that set none",
    )


@pytest.fixture(scope="session")
def puna_harness() -> Iterator[Harness]:
    """The server of this test run."""
    from puna.testing.harness import harness

    with harness() as running:
        yield running


@pytest.fixture
def puna_server(
    puna_harness: Harness, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Harness]:
    """A server on a port of its own, for code that builds its own client: `OPENAI_BASE_URL` and `OPENAI_API_KEY` lead
    there. `.base_url` is its address, `.requests` what it was asked in this test."""
    marker = request.node.get_closest_marker("puna")
    puna_harness.begin(**(marker.kwargs if marker else {}))
    monkeypatch.setenv("OPENAI_BASE_URL", puna_harness.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "puna")
    yield puna_harness
    puna_harness.recorder.reset()


@pytest.fixture
def puna_script(puna_server: Harness) -> Script:
    """What the next requests are answered: `.say(text)`, `.call(name, **arguments)`, `.error(status)`, …"""
    return puna_server.script


@pytest.fixture
def openai_client(puna_server: Harness) -> Iterator[openai.OpenAI]:
    """The `openai` package's client, answered in this process."""
    with puna_server.client() as client:
        yield client


@pytest.fixture
def async_openai_client(puna_server: Harness) -> Any:
    """The `openai` package's asynchronous client, answered in this process."""
    return puna_server.async_client()
