"""One browser and one server for all tests of the page, and a page that must neither complain nor ask others."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.page.stage import StagedServer, staged_server

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PATIENCE = 60_000
"""Milliseconds that something may take on a busy machine."""

OpenPage = Callable[..., Page]
"""Opens a page of a server, in a context of its own, with options of the context as keywords."""


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The browser of this machine. Playwright runs an event loop in this thread as long as it is there, so it has to
    be gone before tests elsewhere run theirs."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StagedServer]:
    """One server for all tests of a worker."""
    with staged_server(tmp_path_factory.mktemp("page")) as server:
        yield server


@pytest.fixture
def staged(stages: StagedServer) -> Iterator[StagedServer]:
    """The server with an empty script."""
    stages.stage.clear()
    yield stages
    stages.stage.go_on()


@contextmanager
def watched(browser: Browser, url: str, **options: Any) -> Iterator[Page]:
    """A page in a context of its own. At the end it has to have complained of nothing, and asked this server only."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    complaints: list[str] = []
    elsewhere: list[str] = []
    page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    page.on("request", lambda asked: elsewhere.append(asked.url) if not own(asked.url, url) else None)
    try:
        yield page
    finally:
        context.close()
    assert complaints == []
    assert elsewhere == []


def own(address: str, url: str) -> bool:
    """Whether an address leads to the server, or nowhere."""
    return address.startswith((f"{url}/", "data:", "blob:"))


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[OpenPage]:
    with ExitStack() as stack:

        def opened(server: StagedServer, path: str = "/", **options: Any) -> Page:
            page = stack.enter_context(watched(chromium, server.url, **options))
            page.goto(server.url + path)
            page.wait_for_selector("html[data-ready]")
            return page

        yield opened


@pytest.fixture
def page(staged: StagedServer, open_page: OpenPage) -> Page:
    """A new chat."""
    return open_page(staged)
