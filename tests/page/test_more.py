"""More of the page in a browser: `make test-page`."""

import base64
import io
import json
import re
import shutil
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from puna.core.events import Done, Finished, TextDelta, Usage
from puna.formats.pipeline import installed
from tests.clients.test_node import FOLDER as NODE
from tests.clients.test_node import require
from tests.page.conftest import PATIENCE, OpenPage, watched
from tests.page.stage import StagedServer, staged_server
from tests.page.test_chat import say
from tests.server import RunningServer, running_server
from training.pictures.judge import colour_of

pytestmark = pytest.mark.page
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
LONG = 2_000
"""Tokens of the long answer."""
A_FRAME = 10
"""How many of them come at a time."""
WHEN_READY = """
new MutationObserver(() => {
  const message = document.getElementById("message");
  if (document.documentElement.dataset.ready === undefined || !message || message.disabled) return;
  window.interactive ??= performance.now();
}).observe(document, { attributes: true, childList: true, subtree: true });
"""
A_BLOCK = 40
"""Objects that one layout may look at again: the last block, and what stands around the answer."""
TIMELINE = [f"{kept}devtools.timeline{part}" for kept in ("", "disabled-by-default-") for part in ("", ".frame")]
WORK = ("LayoutDuration", "RecalcStyleDuration", "ScriptDuration", "TaskDuration")


def serious(page: Page) -> list[str]:
    """What axe-core finds that keeps people out."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("phone", [False, True])
def test_nothing_keeps_people_out(staged: StagedServer, open_page: OpenPage, scheme: str, phone: bool) -> None:
    page = open_page(staged, color_scheme=scheme, **(PHONE if phone else {}))
    assert serious(page) == []
    staged.stage.say("# Title\n\n- one\n\n```python\nprint(1)\n```\n\n|a|b|\n|-|-|\n|c|d|\n", thinking=["Hm."])
    say(page, "Hello")
    expect(page.locator(".cost")).to_be_visible()
    page.get_by_role("button", name="Settings").click()
    assert serious(page) == []
    for view in ("models", "code"):
        page.goto(f"{staged.url}/#/{view}")
        expect(page.locator("h1:visible")).to_be_visible()
        assert serious(page) == []
    page.goto(f"{staged.url}/#/models")
    page.get_by_role("button", name="Show tiny", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert serious(page) == []


def test_the_first_chat_of_a_new_user(chromium: Browser, tmp_path: Path) -> None:
    with running_server(tmp_path / "home") as server, watched(chromium, server.url) as page:
        page.goto(server.url)
        page.get_by_role("button", name="What is 12 plus 30?").click()
        expect(page.locator(".answer")).to_have_text("12 + 30 = 42")
        expect(page.locator(".cost")).to_contain_text("tokens")
        address = page.url
        page.goto(f"{server.url}/#/models")
        expect(page.locator(".live dd").first).to_contain_text("MB of")
        page.get_by_role("button", name="Unload").click()
        expect(page.get_by_role("button", name="Unload")).to_have_count(0)
        page.get_by_role("button", name="Copy tiny", exact=True).click()
        page.get_by_label("Name of the copy").fill("second")
        page.get_by_role("button", name="Copy", exact=True).click()
        page.get_by_role("button", name="Delete second").click()
        page.get_by_role("button", name="Delete", exact=True).click()
        expect(page.get_by_role("heading", name="second")).to_have_count(0)
    with running_server(tmp_path / "home") as server, watched(chromium, server.url) as page:
        page.goto(f"{server.url}/#{address.partition('#')[2]}")
        expect(page.locator(".answer")).to_have_text("12 + 30 = 42")


def test_a_schema_stands_beside_the_answer(staged: StagedServer, open_page: OpenPage) -> None:
    page = open_page(staged)
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Response format").select_option("json_schema")
    page.get_by_role("button", name="Insert an example").first.click()
    staged.stage.say('{"name": "Ada', '", "age": 36}')
    say(page, "Who?")
    for _ in range(2):
        expect(page.locator(".structured pre").first).to_have_text('{\n  "name": "Ada",\n  "age": 36\n}')
        expect(page.locator(".structured pre").last).to_contain_text('"additionalProperties": false')
        page.reload()
    assert staged.stage.request.format.schema["required"] == ["name", "age"]


def test_tokens_show_how_likely_they_were(server: RunningServer, chromium: Browser) -> None:
    with watched(chromium, server.url) as page:
        page.goto(server.url)
        page.get_by_role("button", name="Settings").click()
        page.get_by_label("Show token probabilities").check()
        say(page, "Say this is a test")
        expect(page.locator(".cost")).to_be_visible()
        page.locator(".token").first.hover()
        expect(page.get_by_role("tooltip")).to_contain_text("log probability")
        assert page.locator("#token-card tr").count() >= 5
        page.locator(".tokens").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        expect(page.locator(".token.current")).to_have_count(1)
        page.get_by_role("button", name="Show tokens").click()
        expect(page.locator(".markdown")).to_contain_text("is a test")
        with server.http() as http:
            for one in http.get("/v1/conversations").json()["data"]:
                http.delete(f"/v1/conversations/{one['id']}")


def test_a_key_is_asked_for_and_forgotten_with_the_tab(chromium: Browser, tmp_path: Path) -> None:
    with staged_server(tmp_path / "keyed", PUNA_API_KEYS="secret") as server:
        context = chromium.new_context()
        page = context.new_page()
        page.goto(server.url)
        page.get_by_role("textbox", name="API key").fill("wrong")
        page.get_by_role("button", name="Use it").click()
        expect(page.get_by_role("alert").first).to_contain_text("Incorrect API key")
        page.get_by_role("textbox", name="API key").fill("secret")
        page.get_by_role("button", name="Use it").click()
        say(page, "Hello")
        expect(page.locator(".answer")).to_contain_text("This is a test.")
        page.reload()
        expect(page.locator(".answer")).to_contain_text("This is a test.")
        page.goto(f"{server.url}/#/code")
        expect(page.locator("pre").first).to_contain_text('os.environ["PUNA_KEY"]')
        assert (
            page.evaluate("Object.keys(localStorage).some((name) => localStorage[name].includes('secret'))") is False
        )
        other = context.new_page()
        other.goto(server.url)
        expect(other.get_by_role("textbox", name="API key")).to_be_visible()
        context.close()


def test_a_page_of_another_site_can_neither_frame_nor_read_it(staged: StagedServer, chromium: Browser) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto("data:text/html,<p>foreign</p>")
    page.evaluate(
        """(url) => new Promise((done) => {
          const frame = document.createElement("iframe");
          frame.src = url; frame.onload = () => done(); document.body.append(frame);
        })""",
        staged.url,
    )
    assert not any(frame.url.startswith(staged.url) for frame in page.frames)
    read = "async (url) => { try { return await (await fetch(url)).text(); } catch { return null; } }"
    assert page.evaluate(read, f"{staged.url}/v1/models") is None
    assert page.evaluate(read, f"{staged.url}/page/main.js") is None
    context.close()


def test_the_reference_can_be_tried_out(staged: StagedServer, open_page: OpenPage) -> None:
    page = open_page(staged, "/docs")
    page.locator("#operations-OpenAI-get_v1_models button").first.click()
    page.get_by_role("button", name="Try it out").first.click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table")).to_contain_text("200")


@pytest.mark.parametrize("title", ["Python", "Node.js", "curl"])
def test_snippets_run(staged: StagedServer, open_page: OpenPage, tmp_path: Path, title: str) -> None:
    page = open_page(staged)
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("System prompt").fill('It\'s "quoted".')
    page.get_by_label("Temperature").fill("0.5")
    page.get_by_label("Top k").fill("7")
    page.get_by_role("button", name="Insert an example").last.click()
    page.get_by_role("link", name="Use it from your code").click()
    assert "This is a test." in run_snippet(page, title, tmp_path)
    asked = staged.stage.request
    assert asked.messages[0].text == 'It\'s "quoted".'
    assert (asked.sampling.temperature, asked.sampling.top_k) == (0.5, 7)
    assert asked.tools[0].name == "get_weather"


def run_snippet(page: Page, title: str, folder: Path) -> str:
    """What the program prints that the page shows under that title. Skips where something is not there to run it."""
    if title == "Node.js":
        require("openai")
        (folder / "node_modules").symlink_to(NODE / "node_modules")
    command = {
        "Python": [sys.executable, "-c"],
        "Node.js": ["node", "--input-type=module", "--eval"],
        "curl": ["sh", "-c"],
    }[title]
    text = page.get_by_role("region", name=title).locator("pre").inner_text()
    done = subprocess.run([*command, text], capture_output=True, text=True, timeout=120, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_is_ready_at_once(staged: StagedServer, open_page: OpenPage) -> None:
    """The milliseconds until somebody can write are printed: of a first visit, and of five more."""
    page = open_page(staged)
    page.add_init_script(WHEN_READY)
    shown = []
    for _ in range(6):
        page.context.new_cdp_session(page).send("Network.clearBrowserCache")
        page.reload()
        shown.append(page.wait_for_function("window.interactive").json_value())
    print(json.dumps({"milliseconds until ready": sorted(map(round, shown))}))


def test_a_long_answer_costs_little(staged: StagedServer, open_page: OpenPage, chromium: Browser) -> None:
    """What is done for a token does not grow with their number: a layout looks at the last block, not at all of the
    conversation. The processor time of the page's thread for each quarter is printed, and how many frames were
    dropped."""
    page = open_page(staged)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    words = [f"word{n} " if n % 40 else f"\n\n## Part {n}\n\n" for n in range(LONG)]
    steps: list[Any] = []
    for at in range(0, LONG, A_FRAME):
        steps += [*(TextDelta(0, word) for word in words[at : at + A_FRAME]), lambda: time.sleep(1 / 60)]
    staged.stage.answer(*steps, Finished(0, "stop"), Done(Usage(5, LONG)))
    chromium.start_tracing(page=page, categories=TIMELINE)
    say(page, "A long one, please.")
    quarters = [metrics(session)]
    for part in range(1, 5):
        last = part * LONG // 4 // 40 * 40 - 40
        expect(page.locator(".markdown h2", has_text=re.compile(f"Part {last}$"))).to_be_attached()
        quarters.append(metrics(session))
    expect(page.locator(".cost")).to_contain_text(re.compile(r"2,000 tokens.* tokens/s"))
    events = json.loads(chromium.stop_tracing())["traceEvents"]
    layouts = [one["args"]["beginData"] for one in events if one["name"] == "Layout" and "beginData" in one["args"]]
    spent = [
        {name: round(after[name] - before[name], 4) for name in (*WORK, "LayoutCount")}
        for before, after in pairwise(quarters)
    ]
    told: dict[str, Any] = {
        "quarters": spent,
        **{name: of_quarters(events, name) for name in ("DrawFrame", "DroppedFrame")},
        "tasks over 16 ms": sum(one["name"] == "RunTask" and one.get("tdur", 0) > 16_000 for one in events),
        "layouts": len(layouts),
        "laid out": sum(one["dirtyObjects"] for one in layouts),
        "at the end": layouts[-1]["totalObjects"],
    }
    print(json.dumps(told))
    assert sum(one["LayoutCount"] for one in spent) < LONG
    assert told["laid out"] < told["at the end"] + A_BLOCK * len(layouts)
    assert page.locator(".markdown h2").count() == LONG // 40


def of_quarters(events: list[dict[str, Any]], name: str) -> list[int]:
    """How many events of that name there were in each quarter of the time in which the page showed text."""
    shown = [one["ts"] for one in events if one["name"] == "FireAnimationFrame"]
    quarter = (shown[-1] - shown[0]) / 4
    found = [(one["ts"] - shown[0]) // quarter for one in events if one["name"] == name]
    return [found.count(number) for number in range(4)]


def metrics(session: Any) -> dict[str, float]:
    return {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}


def test_a_picture_is_drawn_where_a_model_draws(staged: StagedServer, open_page: OpenPage) -> None:
    """The models that draw are another engine's; here the server's answers are the page's only interest. What the
    model can do is known only after the user has written."""
    page = open_page(staged)
    picture = base64.b64encode(b"\x89PNG").decode()
    late: list[Any] = []
    page.route("**/api/show", lambda route: late.append(route))
    page.route("**/v1/images/generations", lambda route: route.fulfill(json={"data": [{"b64_json": picture}]}))
    page.reload()
    expect(page.get_by_label("Message", exact=True)).to_be_enabled()
    say(page, "A lighthouse")
    page.unroute("**/api/show")
    for route in late:
        route.fulfill(json={"capabilities": ["image"]})
    expect(page.get_by_role("link", name="Save the picture")).to_be_visible()


@pytest.mark.skipif(not installed(), reason="the extra `images` is not installed")
def test_a_real_model_draws(chromium: Browser, tmp_path: Path) -> None:
    with running_server(tmp_path / "home") as server, watched(chromium, server.url) as page:
        page.goto(server.url)
        page.get_by_label("Model", exact=True).select_option("tiny-image")
        page.get_by_role("button", name="A red circle").click()
        drawn = page.get_by_alt_text("A red circle")
        expect(drawn).to_be_visible(timeout=10 * PATIENCE)
        data = (drawn.get_attribute("src") or "").partition(",")[2]
        assert colour_of(Image.open(io.BytesIO(base64.b64decode(data)))) == "red"
        page.get_by_role("link", name="Use it from your code").click()
        for title in ("Python", "Node.js", *(["curl"] if shutil.which("jq") else [])):
            run_snippet(page, title, tmp_path)
            assert colour_of(Image.open(tmp_path / "picture.png")) == "red"
            (tmp_path / "picture.png").unlink()


def test_where_a_model_runs_is_said_before_it_is_asked(staged: StagedServer, open_page: OpenPage) -> None:
    page = open_page(staged)
    expect(page.get_by_text("Everything stays on this machine.")).to_be_visible()
    elsewhere = {"addresses": [{"url": "https://models.example/v1", "model": "large"}]}
    with staged.http() as http:
        made = http.post("/api/create", json={"model": "away", "remote": elsewhere, "stream": False})
    assert made.status_code == 200, made.text
    page.goto(f"{staged.url}/#/models")
    page.reload()
    page.locator(".model", has_text="away").get_by_role("button", name="Chat").click()
    expect(page.get_by_text("away runs on models.example.")).to_be_visible()
    expect(page.get_by_text("Everything stays on this machine.")).not_to_be_visible()
