"""Pictures of the page in its main states: `python -m tests.page.screenshots FOLDER`."""

import io
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from puna.core.events import Done, Finished, ReasoningDelta, TextDelta, TokenLogprob, Usage
from tests.page.conftest import CHROMIUM, PATIENCE
from tests.page.stage import StagedServer, staged_server
from tests.page.test_chat import say

WINDOW: dict[str, Any] = {"viewport": {"width": 1180, "height": 760}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 760}, "has_touch": True, "is_mobile": True}
COLORS = 200

ANSWER = """A heat pump moves heat instead of making it. It works like a refrigerator turned around:

1. **Outside** a cold liquid takes up heat from the air and evaporates.
2. A **compressor** presses the vapour together, which makes it hot.
3. **Inside** it gives that heat away and becomes liquid again.

How much heat comes out for the electricity that goes in is its *coefficient of performance*:

```python
def performance(heat: float, work: float) -> float:
    return heat / work  # 3 to 5 in a mild winter
```

| outside | performance |
|---|---|
| 7 °C | 4.2 |
| -7 °C | 2.8 |
"""
THOUGHT = "They want to know how it works, not what it costs. A comparison with a refrigerator helps."
QUESTION = "Explain how a heat pump works"


def chat(page: Page, server: StagedServer) -> None:
    pieces = [TextDelta(0, ANSWER[at : at + 60]) for at in range(0, len(ANSWER), 60)]
    paced: list[Any] = [step for piece in pieces for step in (piece, pause)]
    server.stage.answer(ReasoningDelta(0, THOUGHT), *paced, Finished(0, "stop"), Done(Usage(28, 214)))
    say(page, QUESTION)
    expect(page.locator(".cost")).to_be_visible()
    expect(page.locator(".hljs-keyword").first).to_be_visible()


def pause() -> None:
    """The pace of a model."""
    time.sleep(0.3)


def call(page: Page, server: StagedServer) -> None:
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("button", name="Insert an example").last.click()
    server.stage.call("get_weather", '{"city": "Oslo"}')
    say(page, "How is the weather in Oslo?")
    expect(page.get_by_label("Result of get_weather")).to_be_visible()


def structured(page: Page, server: StagedServer) -> None:
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Response format").select_option("json_schema")
    page.get_by_role("button", name="Insert an example").first.click()
    server.stage.say('{"name": "Ada", "age": 36}')
    say(page, "Ada Lovelace died at the age of 36.")
    expect(page.locator(".cost")).to_be_visible()
    page.get_by_role("button", name="Settings").click()


def tokens(page: Page, server: StagedServer) -> None:
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Show token probabilities").check()
    page.get_by_role("button", name="Settings").click()
    said = [
        ("The", -0.1),
        (" capital", -0.02),
        (" of", -0.01),
        (" Peru", -0.05),
        (" is", -0.2),
        (" Lima", -0.9),
        (".", -0.1),
    ]
    steps = [TextDelta(0, text, (likely(text, chance),)) for text, chance in said]
    server.stage.answer(*steps, Finished(0, "stop"), Done(Usage(14, 7)))
    say(page, "What is the capital of Peru?")
    expect(page.locator(".cost")).to_be_visible()
    page.locator(".token").nth(5).hover()


def likely(text: str, chance: float) -> TokenLogprob:
    """A token, and two that were less likely."""
    others = ((" Cusco", -1.1), (" the", -2.7)) if text == " Lima" else ((" a", -4.0), (" one", -6.0))
    top = tuple(TokenLogprob(0, one, one.encode(), logprob) for one, logprob in ((text, chance), *others))
    return TokenLogprob(0, text, text.encode(), chance, top)


def models(page: Page, server: StagedServer) -> None:
    with server.http() as http:
        http.post(
            "/api/chat", json={"model": "tiny", "messages": [{"role": "user", "content": "Hi"}]}
        ).raise_for_status()
    page.goto(f"{server.url}/#/models")
    expect(page.locator(".live:visible dd").first).to_be_visible()


def code(page: Page, server: StagedServer) -> None:
    page.goto(f"{server.url}/#/code")
    expect(page.locator(".hljs-keyword").first).to_be_visible()


def empty(page: Page, _: StagedServer) -> None:
    expect(page.locator(".starters")).to_be_visible()


Scheme = Literal["light", "dark"]
STATES: dict[str, tuple[Callable[[Page, StagedServer], None], dict[str, Any], Scheme]] = {
    "empty": (empty, WINDOW, "light"),
    "chat": (chat, WINDOW, "light"),
    "chat-dark": (chat, WINDOW, "dark"),
    "chat-phone": (chat, PHONE, "light"),
    "call": (call, WINDOW, "light"),
    "schema": (structured, WINDOW, "light"),
    "tokens": (tokens, WINDOW, "dark"),
    "models": (models, WINDOW, "light"),
    "models-phone": (models, PHONE, "dark"),
    "code": (code, WINDOW, "light"),
}


def take(browser: Browser, server: StagedServer, folder: Path, name: str) -> None:
    """One picture, in few colours."""
    prepare, options, scheme = STATES[name]
    context = browser.new_context(color_scheme=scheme, reduced_motion="reduce", **options)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(server.url)
    page.locator("#model option").first.wait_for(state="attached")
    page.get_by_label("Model", exact=True).select_option("tiny")
    prepare(page, server)
    picture = Image.open(io.BytesIO(page.screenshot()))
    picture.convert("RGB").quantize(COLORS, dither=Image.Dither.NONE).save(folder / f"{name}.png", optimize=True)
    context.close()


def main(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=PATIENCE)
    with (
        tempfile.TemporaryDirectory() as home,
        staged_server(Path(home)) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for name in names or STATES:
            take(browser, server, folder, name)
            print(folder / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
