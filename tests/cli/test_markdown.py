"""What a person sees of Markdown while it comes, and after it."""

import io
from collections.abc import Iterable

import pyte
import pytest
from rich.console import Console

from puna.cli.output.markdown import MarkdownStream

TEXT = """# Title

Some **bold** text
over two lines.

- one
- two

| a | b |
|---|---|
| 1 | 2 |

```python
print("x")

print("y")
```

1. first

2. second
"""


def screen_of(pieces: Iterable[str], *, height: int = 60) -> tuple[list[str], pyte.Screen]:
    """The lines, and the screen, of a terminal after an answer came in these pieces."""
    output = io.StringIO()
    console = Console(file=output, force_terminal=True, width=60, height=height, color_system="standard")
    with MarkdownStream(console) as stream:
        for piece in pieces:
            stream.add(piece)
    screen = pyte.HistoryScreen(60, height, history=1000)
    screen.set_mode(pyte.modes.LNM)  # a terminal's driver makes a new line of what the program sends
    pyte.Stream(screen).feed(output.getvalue())
    earlier = ["".join(line[column].data for column in range(60)) for line in screen.history.top]
    return [line.rstrip() for line in [*earlier, *screen.display] if line.strip()], screen


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_it_is_rendered_once_however_it_comes(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("puna.cli.output.markdown.REFRESH_SECONDS", 0.0)
    lines, screen = screen_of(TEXT[start : start + size] for start in range(0, len(TEXT), size))
    text = "\n".join(lines)
    assert "**" not in text
    assert "```" not in text
    assert "Some bold text over two lines." in text
    assert " • one" in lines
    assert sum("Title" in line for line in lines) == 1
    assert [text.count(word) for word in ("print", "first", "second", "two lines")] == [2, 1, 1, 1]
    assert lines[-2:] == [" 1 first", " 2 second"]
    row = next(place for place, line in enumerate(screen.display) if "Some bold" in line)
    assert screen.buffer[row][screen.display[row].index("bold")].bold


def test_a_block_longer_than_the_screen_is_whole_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("puna.cli.output.markdown.REFRESH_SECONDS", 0.0)
    text = "```\n" + "".join(f"line {number}\n" for number in range(50)) + "```\n"
    lines, _ = screen_of((text[start : start + 9] for start in range(0, len(text), 9)), height=12)
    assert [line.strip() for line in lines] == [f"line {number}" for number in range(50)]
