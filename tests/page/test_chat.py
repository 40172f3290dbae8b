"""A chat in a real browser: what is said, stopped, said again, and kept."""

import base64
import re

import pytest
from playwright.sync_api import Page, expect

from puna.core.messages import Image
from tests.page.stage import StagedServer
from tests.pictures import half

HOSTILE = """Hello <script>window.broken = 1</script>
<img src="http://foreign.test/x.png" onerror="window.broken = 2">

[one](javascript:window.broken=3) [two](data:text/html,<script>window.broken=4</script>)
![three](http://foreign.test/y.png)

<iframe src="javascript:parent.broken=5"></iframe><svg onload="window.broken=6">
<a href="javascript:window.broken=7">x</a></svg>

```html
<script>window.broken = 8</script>
```

| a | b |
|---|---|
| <b onclick="window.broken=9">c</b> | [d](  JaVaScRiPt:window.broken=10) |

<a href="https://example.org" onclick="window.broken=11">four</a>
<https://example.org/?q="onmouseover="window.broken=12">
"""


def say(page: Page, text: str) -> None:
    page.get_by_label("Message", exact=True).fill(text)
    page.get_by_role("button", name="Send").click()


def answers(page: Page) -> list[str]:
    return page.locator(".turn.assistant .answer").all_inner_texts()


def test_an_answer_is_streamed_stopped_and_made_again(staged: StagedServer, page: Page) -> None:
    staged.stage.hold("One ", "two ", then=["three"])
    page.get_by_label("Message", exact=True).fill("Count.")
    page.keyboard.press("Enter")
    expect(page.locator(".answer")).to_contain_text("One two")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".answer")).to_contain_text("Stopped.")
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    staged.stage.go_on()
    staged.stage.say("Four ", "**five**.")
    page.get_by_role("button", name="Regenerate").click()
    expect(page.locator(".answer strong")).to_have_text("five")
    expect(page.locator(".cost")).to_contain_text("3 → 5 tokens")
    assert answers(page) == ["Four five."]
    page.reload()
    expect(page.locator(".answer strong")).to_have_text("five")
    assert answers(page) == ["Four five."]
    assert [message.text for message in staged.stage.request.messages] == ["Count."]


@pytest.mark.page
def test_a_message_is_said_again_in_other_words(staged: StagedServer, page: Page) -> None:
    staged.stage.say("Hello Ada.")
    say(page, "I am Ada.")
    expect(page.locator(".answer")).to_have_text("Hello Ada.")
    page.locator(".turn.user").hover()
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Your message").fill("I am Bob.")
    staged.stage.say("Hello Bob.")
    page.keyboard.press("Enter")
    expect(page.locator(".answer")).to_have_text("Hello Bob.")
    expect(page.locator(".turn.user")).to_have_count(1)
    assert [message.text for message in staged.stage.request.messages] == ["I am Bob."]


@pytest.mark.page
def test_a_reload_in_the_middle_of_an_answer_loses_nothing(staged: StagedServer, page: Page) -> None:
    staged.stage.hold("The beginning, ", then=["and ", "the end."])
    say(page, "Tell me all of it.")
    expect(page.locator(".answer")).to_contain_text("The beginning")
    page.reload()
    expect(page.locator(".turn.user")).to_contain_text("Tell me all of it.")
    expect(page.locator(".answer")).to_contain_text("The beginning")
    staged.stage.go_on()
    expect(page.locator(".answer")).to_have_text("The beginning, and the end.")
    expect(page.locator(".cost")).to_contain_text("12 → 3 tokens")
    page.reload()
    expect(page.locator(".answer")).to_have_text("The beginning, and the end.")


@pytest.mark.page
def test_a_call_shows_its_arguments_and_takes_its_result(staged: StagedServer, page: Page) -> None:
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("button", name="Insert an example").last.click()
    staged.stage.call("get_weather", '{"ci', 'ty":"Oslo"}')
    say(page, "How is the weather in Oslo?")
    expect(page.locator(".call pre").first).to_have_text('{\n  "city": "Oslo"\n}')
    expect(page.get_by_label("Message", exact=True)).to_be_disabled()
    page.reload()
    page.get_by_label("Result of get_weather").fill('{"celsius": 7}')
    staged.stage.say("It is 7 degrees.")
    page.get_by_role("button", name="Send result").click()
    expect(page.locator(".answer")).to_contain_text("It is 7 degrees.")
    expect(page.locator(".call-result")).to_contain_text('"celsius": 7')
    *_, call, result = staged.stage.request.messages
    assert call.tool_calls[0].arguments == '{"city":"Oslo"}'
    assert result.text == '{"celsius": 7}'
    assert staged.stage.request.tools[0].name == "get_weather"


@pytest.mark.page
@pytest.mark.parametrize("way", ["drop", "paste"])
def test_a_picture_reaches_a_model_that_sees(staged: StagedServer, page: Page, way: str) -> None:
    page.get_by_label("Model", exact=True).select_option("sees")
    page.get_by_role("button", name="Add a picture").wait_for()
    page.get_by_label("Message", exact=True).focus()
    page.evaluate(
        """([way, data]) => {
          const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
          const files = new DataTransfer();
          files.items.add(new File([bytes], "red.png", { type: "image/png" }));
          const options = { bubbles: true, cancelable: true };
          const event = way === "drop" ? new DragEvent("drop", { dataTransfer: files, ...options })
            : new ClipboardEvent("paste", { clipboardData: files, ...options });
          document.activeElement.dispatchEvent(event);
        }""",
        [way, base64.b64encode(half("red")).decode()],
    )
    page.get_by_alt_text("Picture 1").wait_for()
    staged.stage.say("Half of it is red.")
    say(page, "What is this?")
    expect(page.locator(".answer")).to_have_text("Half of it is red.")
    picture, text = staged.stage.request.messages[0].content
    assert isinstance(picture, Image)
    assert text.text == "What is this?"
    page.reload()
    expect(page.get_by_alt_text("Picture of the message")).to_be_visible()


def test_what_a_model_writes_executes_nothing(staged: StagedServer, page: Page) -> None:
    staged.stage.say(*re.findall(r"(?s).{1,7}", HOSTILE))
    say(page, "<img src=x onerror='window.broken = 13'>")
    expect(page.locator(".cost")).to_be_visible()
    for _ in range(2):
        expect(page.locator(".answer")).to_contain_text("<script>window.broken = 8</script>")
        expect(page.locator(".answer")).to_contain_text("<script>window.broken = 1</script>")
        for link in page.locator(".answer a").all():
            href = link.get_attribute("href")
            assert href is None or href.startswith(("https://example.org", "http://foreign.test/"))
        assert (
            page.locator(".answer :is(script, iframe, svg:not(.icon), img, object, [onclick], [onerror])").count()
            == 0
        )
        assert page.evaluate("window.broken") is None
        page.reload()
    assert page.evaluate("document.title") == "Puna"
