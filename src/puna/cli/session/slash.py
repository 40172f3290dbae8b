"""The commands of a session: lines that begin with a slash."""

import click

from puna.cli.session.command import SlashCommand, SlashCommands, show_help, show_rows, split
from puna.cli.session.parts import PARTS
from puna.cli.session.session import Session
from puna.cli.session.settings import SETTINGS
from puna.cli.transfers import ensure_present

SHORTCUTS = {
    "Ctrl-A, Ctrl-E": "Move to the start or end of the line",
    "Alt-B, Alt-F": "Move back or forward by a word",
    "Ctrl-K, Ctrl-U": "Delete to the end or start of the line",
    "Ctrl-W": "Delete the word before the cursor",
    "Ctrl-R": "Search the history; Up and Down step through it",
    "Ctrl-L": "Clear the screen",
    "Ctrl-C": "Stop the answer",
    "Ctrl-D": "Exit",
}

NOTES = '''Use """ to begin and end a message of several lines.
To show a picture to a vision model, write its path in the message: ./picture.jpg'''


def carry_out(session: Session, line: str) -> None:
    """Do what a line with a slash says. Raises a PunaError for what is wrong with it."""
    name, rest = split(line)
    command = ALL_NAMES.get(name)
    if command is None:
        click.echo(f"Unknown command '{name}'. Type /? for help.")
    else:
        command.run(session, rest)


def change_setting(session: Session, text: str) -> None:
    """Set something, or show what can be set."""
    name, rest = split(text)
    if name in SETTINGS:
        SETTINGS[name].run(session, rest)
    else:
        show_help(SETTINGS, prefix="/set ")


def show_part(session: Session, text: str) -> None:
    """Show a part of the model, or what parts there are."""
    name, rest = split(text)
    if name in PARTS:
        PARTS[name].run(session, rest)
    else:
        show_help(PARTS, prefix="/show ")


def load(session: Session, model: str) -> None:
    """Go on with another model."""
    if not model:
        click.echo("Usage: /load MODEL")
        return
    conversation = session.conversation
    ensure_present(conversation.client, model, insecure=session.insecure)
    click.echo(f"Loading '{model}'")
    conversation.change(model)
    conversation.replay()


def save(session: Session, name: str) -> None:
    """Make a model of the conversation."""
    if not name:
        click.echo("Usage: /save NAME")
        return
    session.conversation.save(name)
    click.echo(f"Created new model '{name}'")


def clear(session: Session, _: str) -> None:
    """Forget all that was said."""
    session.conversation.messages.clear()
    click.echo("Cleared session context")


def leave(session: Session, _: str) -> None:
    """End the session."""
    session.over = True


def show_topic(_: Session, text: str) -> None:
    """Show the help on a topic, or on all commands."""
    topic = text.removeprefix("/")
    if topic == "set":
        show_help(SETTINGS, prefix="/set ")
    elif topic == "show":
        show_help(PARTS, prefix="/show ")
    elif topic == "shortcuts":
        show_rows(SHORTCUTS)
    else:
        show_help(COMMANDS)
        click.echo(f"{NOTES}\n")


COMMANDS: SlashCommands = {
    "/set": SlashCommand("Change settings of the session; see /? set", change_setting, subcommands=SETTINGS),
    "/show": SlashCommand("Show information about the model; see /? show", show_part, subcommands=PARTS),
    "/load": SlashCommand("Switch to another model", load, "MODEL"),
    "/save": SlashCommand("Save the session as a model", save, "NAME"),
    "/clear": SlashCommand("Clear the conversation", clear),
    "/bye": SlashCommand("Exit", leave),
    "/exit": SlashCommand("", leave),
    "/?": SlashCommand("Show help; see also /? set, /? show, /? shortcuts", show_topic, aliases=("/help",)),
}
ALL_NAMES = {word: command for name, command in COMMANDS.items() for word in (name, *command.aliases)}
