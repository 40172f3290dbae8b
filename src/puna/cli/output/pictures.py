"""Pictures that a model made: the bar of steps, the file, and the picture itself where a terminal can show it."""

import base64
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

LONGEST_NAME = 60
"""Characters of a prompt that a file is named after."""
KITTY_BLOCK = 4096
"""Characters of one part of a picture in kitty's protocol."""


def show_steps(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Show a bar of the steps while they come, on a terminal; the last row, which has the picture."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    final: dict[str, Any] = {}
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task("drawing", total=None)
        for row in rows:
            if "completed" in row:
                bars.update(task, completed=row["completed"], total=row["total"])
            final = row
    return final


def save(picture: bytes, prompt: str, folder: Path) -> Path:
    """Write a picture to a new file, named after its prompt. Raises ClickException where that can't be."""
    stem = re.sub(r"[^a-z0-9]+", "-", prompt.lower())[:LONGEST_NAME].strip("-") or "image"
    for path in names(folder, stem):
        try:
            with path.open("xb") as file:
                file.write(picture)
        except FileExistsError:
            continue
        except OSError as error:
            raise click.ClickException(f"can't write {path.name}: {error.strerror}") from error
        return path
    raise AssertionError("there is always another name")


def names(folder: Path, stem: str) -> Iterator[Path]:
    """`a-red-circle.png`, `a-red-circle-2.png`, …"""
    yield folder / f"{stem}.png"
    number = 2
    while True:
        yield folder / f"{stem}-{number}.png"
        number += 1


def show(picture: bytes) -> None:
    """Show a PNG file in the terminal, if it is one that can."""
    if sys.stdout.isatty():
        click.echo(shown(picture, os.environ), nl=False)


def shown(picture: bytes, environment: Mapping[str, str]) -> str:
    """What has a terminal show a PNG file: in kitty's protocol, or in iTerm2's; nothing for any other terminal."""
    program = environment.get("TERM_PROGRAM", "")
    data = base64.b64encode(picture).decode()
    if "KITTY_WINDOW_ID" in environment or program == "ghostty" or environment.get("TERM") == "xterm-kitty":
        parts = [data[at : at + KITTY_BLOCK] for at in range(0, len(data), KITTY_BLOCK)]
        heads = ["f=100,a=T,", *[""] * (len(parts) - 1)]
        blocks = (
            f"\x1b_G{head}m={int(place < len(parts) - 1)};{part}\x1b\\"
            for place, (head, part) in enumerate(zip(heads, parts, strict=True))
        )
        return "".join(blocks) + "\n"
    if program in ("iTerm.app", "WezTerm"):
        return f"\x1b]1337;File=inline=1;size={len(picture)}:{data}\x07\n"
    return ""
