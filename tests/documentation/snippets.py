"""The snippets of README and docs: what a reader may paste."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
FENCED = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Snippet:
    """A fenced block of a page."""

    page: str
    language: str
    text: str

    @property
    def commands(self) -> list[list[str]]:
        """The words of each command of a shell snippet; a command may go over several lines."""
        lines = re.sub(r"\\\n\s*", " ", self.text)
        if self.language == "console":
            lines = "\n".join(line[2:] for line in lines.splitlines() if line.startswith("$ "))
        return split(lines)


def split(lines: str) -> list[list[str]]:
    """The words of every command. A quoted word may go over several lines."""
    commands, rest = [], ""
    for line in lines.splitlines(keepends=True):
        rest += line
        try:
            words = shlex.split(rest, comments=True)
        except ValueError:  # a quotation that is not closed yet
            continue
        rest = ""
        commands += [words] if words else []
    assert not rest.strip(), f"a quotation is not closed: {rest}"
    return commands


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def snippets() -> list[Snippet]:
    """Those of all pages, in their order."""
    return [
        Snippet(name_of(page), match["language"], match["text"])
        for page in PAGES
        for match in FENCED.finditer(page.read_text())
    ]
