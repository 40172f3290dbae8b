"""What a slash command of a session is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import click

from puna.cli.output.table import render_table
from puna.cli.session.session import Session

Completions = dict[str, "Completions"]


@dataclass(frozen=True, slots=True)
class SlashCommand:
    """One row of a table of commands, by its name.

    `run` gets the text after the name, and raises a PunaError for what is wrong with it. `arguments` is how help
    shows that text; a command without `help` is not shown. `subcommands` are what the text may begin with.
    """

    help: str
    run: Callable[[Session, str], None]
    arguments: str = ""
    aliases: tuple[str, ...] = ()
    subcommands: "SlashCommands" = field(default_factory=dict)


SlashCommands = Mapping[str, SlashCommand]


def show_help(commands: SlashCommands, *, prefix: str = "") -> None:
    """Show the commands and what they do, in two columns."""
    rows = {
        f"{prefix}{', '.join((name, *command.aliases))} {command.arguments}".rstrip(): command.help
        for name, command in commands.items()
        if command.help
    }
    show_rows(rows)


def show_rows(rows: Mapping[str, str]) -> None:
    """Show terms and what they mean, in two columns."""
    click.echo(f"{render_table([*rows.items()], indent='  ')}\n")


def completions(commands: SlashCommands) -> Completions:
    """The words of commands, as the editor completes them."""
    return {
        word: completions(command.subcommands)
        for name, command in commands.items()
        for word in (name, *command.aliases)
    }


def split(text: str) -> tuple[str, str]:
    """The first word, and the rest."""
    name, *rest = text.split(maxsplit=1)[:2] or [""]
    return name, rest[0].strip() if rest else ""
