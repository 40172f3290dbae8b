"""What `/set` can set."""

import shlex

import click

from puna.cli.arguments import LEVELS, read_format
from puna.cli.session.command import SlashCommand, SlashCommands, show_rows, split
from puna.cli.session.session import Session
from puna.core.errors import InvalidRequest
from puna.library.parameters import Parameters


def set_parameter(session: Session, text: str) -> None:
    """Set one of the model's parameters."""
    name, rest = split(text)
    if not rest:
        click.echo("Usage: /set parameter NAME VALUE\n")
        show_rows(parameter_kinds())
        return
    values = quoted_words(rest) if name == "stop" else [rest]
    changed = Parameters.from_text([(name, value) for value in values])
    session.conversation.parameters = changed.over(session.conversation.parameters)
    click.echo(f"Set parameter '{name}' to '{', '.join(values)}'")


def parameter_kinds() -> dict[str, str]:
    """Every parameter, and what its values are."""
    kinds = {int: "a whole number", float: "a number", bool: "true or false"}
    return {name: kinds.get(kind, "one or more strings") for name, kind in Parameters.kinds().items()}


def quoted_words(text: str) -> list[str]:
    """Words as a shell splits them: those with blanks are in quotes."""
    try:
        return shlex.split(text)
    except ValueError:
        return [text]


def set_system(session: Session, text: str) -> None:
    """Set the system message."""
    if not text:
        click.echo("Usage: /set system TEXT")
        return
    session.conversation.system = text
    click.echo("Set system message.")


def set_format(session: Session, text: str) -> None:
    """Set the form of answers."""
    session.conversation.format = read_format(text, name="the format")
    click.echo(f"Set format to {'JSON' if text == 'json' else 'the JSON Schema'}.")


def unset_format(session: Session, _: str) -> None:
    """Let answers have any form."""
    session.conversation.format = ""
    click.echo("Format is off.")


def set_think(session: Session, text: str) -> None:
    """Have the model think."""
    conversation = session.conversation
    if text not in ("", *LEVELS):
        raise InvalidRequest(f"the level has to be one of {', '.join(LEVELS)}")
    if "thinking" not in conversation.shown()["capabilities"]:
        raise InvalidRequest(f"'{conversation.model}' does not support thinking")
    conversation.think = text or True
    click.echo(f"Thinking is on{f' ({text})' if text else ''}.")


def set_nothink(session: Session, _: str) -> None:
    """Have the model answer without thinking."""
    session.conversation.think = False
    click.echo("Thinking is off.")


def keep_history(session: Session, *, kept: bool) -> None:
    """Keep what is typed for the next session, or not."""
    session.editor.history.kept = kept
    click.echo(f"History is {'on' if kept else 'off'}.")


def render_answers(session: Session, *, rendered: bool) -> None:
    """Render the Markdown of answers, or show them as they are."""
    session.conversation.display.rendered = rendered
    click.echo("Markdown and word wrap are on." if rendered else "Markdown and word wrap are off.")


def show_timings(session: Session, *, shown: bool) -> None:
    """Show after each answer what it took, or not."""
    session.conversation.display.verbose = shown
    click.echo(f"Timing statistics are {'on' if shown else 'off'}.")


SETTINGS: SlashCommands = {
    "parameter": SlashCommand("Set a parameter; stop takes several values", set_parameter, "NAME VALUE"),
    "system": SlashCommand("Set the system message", set_system, "TEXT"),
    "format": SlashCommand("Answer in JSON, or by a JSON Schema", set_format, "json"),
    "noformat": SlashCommand("Answer in any format", unset_format),
    "think": SlashCommand("Turn thinking on: low, medium, high or max", set_think, "[LEVEL]"),
    "nothink": SlashCommand("Turn thinking off", set_nothink),
    "history": SlashCommand("Save what you type for later sessions", lambda s, _: keep_history(s, kept=True)),
    "nohistory": SlashCommand("Do not save what you type", lambda s, _: keep_history(s, kept=False)),
    "wordwrap": SlashCommand("Render Markdown and wrap lines", lambda s, _: render_answers(s, rendered=True)),
    "nowordwrap": SlashCommand("Show answers as plain text", lambda s, _: render_answers(s, rendered=False)),
    "verbose": SlashCommand("Show timing statistics", lambda s, _: show_timings(s, shown=True)),
    "quiet": SlashCommand("Hide timing statistics", lambda s, _: show_timings(s, shown=False)),
}
