"""A model that is pulled: how far it is can be seen, also after a reload."""

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from puna.library.bundled import bundled
from tests.library.registry.fake_registry import Server, serving_in_thread
from tests.page.stage import StagedServer


@pytest.fixture
def registry() -> Iterator[Server]:
    with serving_in_thread() as server:
        yield server


pytestmark = pytest.mark.page


def test_a_pull_goes_on_after_a_reload(staged: StagedServer, page: Page, registry: Server) -> None:
    tiny = bundled()
    assert tiny
    weights = tiny.weights.read_bytes()
    registry.offer("latest", b"{}", weights)
    gate, sent = threading.Event(), 0

    def count(size: int) -> None:
        nonlocal sent
        sent += size
        if sent > len(weights) * 2 // 3:
            gate.wait(60)

    registry.sent = count
    name = f"{registry.address}/me/pulled"
    page.get_by_role("link", name="Models").click()
    page.get_by_label("Download a model").fill(name)
    page.get_by_label("Allow a registry without HTTPS").check()
    page.get_by_role("button", name="Download", exact=True).click()
    bar = page.get_by_role("progressbar")
    expect(page.locator(".pull-words")).to_contain_text("of 2.3 MB")
    page.wait_for_function("document.querySelector('progress').value > 0")
    before = page.evaluate("document.querySelector('progress').value")
    assert before < 1
    page.reload()
    expect(bar).to_be_visible()
    assert page.evaluate("document.querySelector('progress').value") >= before
    gate.set()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    expect(bar).to_have_count(0)
    with staged.http() as http:
        assert http.request("DELETE", "/api/delete", json={"model": name}).status_code == 200
