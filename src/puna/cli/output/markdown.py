"""Markdown on a terminal, rendered while it comes."""

import time
from types import TracebackType
from typing import Self

from markdown_it import MarkdownIt
from rich.console import Console
from rich.live import Live
from rich.markdown import Markdown
from rich.segment import Segment, Segments

REFRESH_SECONDS = 0.08

_blocks = MarkdownIt().enable("table")


class MarkdownStream:
    """Blocks that are complete stay as they are; the last one is drawn again with each piece of it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._text = ""
        self._printed = False
        self._drawn = 0.0

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()
        self._print(self._text)

    def add(self, text: str) -> None:
        """Show a further piece."""
        self._text += text
        if complete := last_block(self._text):
            self._live.update("")
            self._print(self._text[:complete])
            self._text = self._text[complete:]
        if time.monotonic() - self._drawn >= REFRESH_SECONDS:
            self._live.update(self._end(), refresh=True)
            self._drawn = time.monotonic()

    def _print(self, text: str) -> None:
        if text.strip():
            if self._printed:
                self._console.print()
            self._console.print(Markdown(text))
            self._printed = True

    def _end(self) -> Segments:
        """As much of the last block as the terminal has lines for: what scrolled away can't be drawn again."""
        lines = self._console.render_lines(Markdown(self._text), pad=False)
        visible = lines[-max(1, self._console.height - 2) :]
        return Segments([segment for line in visible for segment in (*line, Segment.line())])


def last_block(text: str) -> int:
    """Where the last block of a text begins, which may still grow."""
    starts = [token.map[0] for token in _blocks.parse(text) if token.level == 0 and token.map]
    if not starts:
        return 0
    return sum(len(line) for line in text.splitlines(keepends=True)[: starts[-1]])
