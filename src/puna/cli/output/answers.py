"""Answers of models, shown while they come."""

import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import click

SECOND = 10**9
CONTROLS = {code: None for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}
"""Control characters, which never reach the terminal: with them a model could move the cursor, or worse."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of an answer."""

    text: str
    thinking: str = ""


@dataclass(slots=True)
class DisplayOptions:
    """How answers are shown. `rendered` matters on a terminal only: Markdown is rendered, and lines are wrapped."""

    rendered: bool = True
    hide_thinking: bool = False
    verbose: bool = False


def show_answer(pieces: Iterable[Piece], options: DisplayOptions) -> None:
    """Show an answer while it comes. Only its text is written where the output is no terminal."""
    terminal = sys.stdout.isatty()
    thinking = False
    with ExitStack() as stack:
        write: Callable[[str], None] | None = None
        for piece in pieces:
            if piece.thinking and not options.hide_thinking:
                show_thinking(piece.thinking, begins=not thinking)
                thinking = True
            if piece.text:
                if thinking:
                    click.secho("\n...done thinking.\n", dim=True)
                    thinking = False
                write = write or writer(stack, rendered=terminal and options.rendered, terminal=terminal)
                write(piece.text)
    if write is None or not (terminal and options.rendered):
        click.echo()


def writer(stack: ExitStack, *, rendered: bool, terminal: bool) -> Callable[[str], None]:
    """A function that shows the next piece of a text."""
    if not rendered:
        return lambda text: click.echo(text.translate(CONTROLS) if terminal else text, nl=False)
    from rich.console import Console

    from puna.cli.output.markdown import MarkdownStream

    stream = stack.enter_context(MarkdownStream(Console()))
    return lambda text: stream.add(text.translate(CONTROLS))


def show_thinking(text: str, *, begins: bool) -> None:
    """Show a piece of what a model thinks."""
    if begins:
        click.secho("Thinking...", dim=True)
    click.secho(text.translate(CONTROLS), dim=True, nl=False)


def show_timings(row: dict[str, Any]) -> None:
    """Show on standard error how long an answer took, and how many tokens."""
    lines = {"total duration": f"{row['total_duration'] / SECOND:.3f} s"}
    lines["load duration"] = f"{row['load_duration'] / SECOND:.3f} s"
    for name, key in (("prompt eval", "prompt_eval"), ("eval", "eval")):
        count, seconds = row[f"{key}_count"], row[f"{key}_duration"] / SECOND
        lines[f"{name} count"] = f"{count} tokens"
        lines[f"{name} duration"] = f"{seconds:.3f} s"
        lines[f"{name} rate"] = f"{count / seconds:.2f} tokens/s" if seconds else "-"
    if drafted := row.get("drafted_count"):
        lines["drafted count"] = f"{drafted} tokens, {row['accepted_count']} of them accepted"
    click.echo("\n".join(f"{name + ':':<22}{value}" for name, value in lines.items()), err=True)
