"""Walks all published templates and writes what holds of them: `python -m tests.templates FOLDER TABLE [NAME …]`."""

import asyncio
import sys
import tempfile
from pathlib import Path

from puna.core.errors import PunaError
from tests.templates.battery import CASES
from tests.templates.cases import failure
from tests.templates.cuts import CUTS
from tests.templates.deviations import reason_for
from tests.templates.off_format import OFF_FORMAT
from tests.templates.published import published
from tests.templates.senses import SENSES
from tests.templates.subject import Subject

AT_ONCE = 2
EVERY = (*CASES, *OFF_FORMAT, *CUTS, *SENSES)
COLUMNS = list(dict.fromkeys(case.column for case in EVERY))
HEAD = """# Chat templates

This table shows what works with each published template of llama.cpp's collection. `make test-templates` writes it:
it runs each template with a model whose answers are scripted. A number refers to a deviation below the table;
everything else works.

| column | what works |
|---|---|
| system | system messages at the beginning, in the middle, at the end, alone and with tools reach the prompt |
| order | so do answers without a question, several messages in a row, and several texts in one message |
| text | text stays text, with and without tools, whatever it looks like |
| call, calls | a call in the template's format is recognised, with any characters in it; so are two at once |
| other calls | so are calls as bare JSON, in a code fence, with `parameters`, in an array, or without a closing tag |
| required, named, none | `tool_choice` |
| results, text beside calls, cut history | they reach the prompt, also in a shortened history |
| thinking | thinking is separated from the answer and can be turned off |
| stop | stop sequences end the text, but not thinking or calls |
| schema | structured output, after thinking if there is some |
| odd tools | tools with valid but unusual schemas |
| cut answers | thinking, text and calls may be cut off by a token limit after any byte |
| pictures | pictures between texts, in conversations and in results keep their places |
| show | what `puna show` says about thinking and tools matches the engine |

In `auto` mode, arguments are only held to their schema if calls have markers and JSON arguments without `\\u` escapes
([details](compatibility.md#schemas)).

"""

Row = dict[str, list[str]]
"""The cases that fail, by their column."""


async def walk(name: str, template: str, turn: asyncio.Semaphore) -> Row:
    row: Row = {}
    async with turn:
        with tempfile.TemporaryDirectory() as folder:
            try:
                async with Subject(template, Path(folder)) as subject:
                    for case in EVERY:
                        if problem := await failure(case, subject):
                            row.setdefault(case.column, []).append(case.run.__name__)
                            print(f"{name}: {case.run.__name__}: {problem[:500]}", flush=True)
            except PunaError as error:
                print(f"{name}: {error}", flush=True)
                row = {column: ["start"] for column in COLUMNS}
    return row


def table(rows: dict[str, Row]) -> tuple[str, int]:
    """The page, and how many failures have no reason."""
    reasons: list[str] = []
    unknown = 0
    lines = [f"| template | {' | '.join(COLUMNS)} |", "|---" * (len(COLUMNS) + 1) + "|"]
    for name, row in rows.items():
        cells = []
        for column in COLUMNS:
            numbers = []
            for case in row.get(column, []):
                reason = reason_for(name, case)
                unknown += reason is None
                text = reason or f"`{case}` does not hold"
                if text not in reasons:
                    reasons.append(text)
                numbers.append(reasons.index(text) + 1)
            cells.append(", ".join(map(str, sorted(set(numbers)))) or "✓")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    listed = "".join(f"{number}. {reason}.\n" for number, reason in enumerate(reasons, 1))
    body = "\n".join(lines)
    return f"{HEAD}{body}\n\n## Deviations\n\n{listed or 'None.'}", unknown


async def walked(templates: dict[str, str]) -> dict[str, Row]:
    turn = asyncio.Semaphore(AT_ONCE)
    rows = await asyncio.gather(*(walk(name, template, turn) for name, template in templates.items()))
    return dict(zip(templates, rows, strict=True))


def main(folder: str, page: str, *names: str) -> int:
    templates = {path.stem: path.read_text() for path in published(Path(folder)) if not names or path.stem in names}
    text, unknown = table(asyncio.run(walked(templates)))
    Path(page).write_text(text)
    return min(unknown, 1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
