"""A session at a terminal: `puna run` without a prompt."""

import click

from puna.cli import commands
from puna.cli.editor import Editor
from puna.cli.pictures import names_picture, take_pictures
from puna.cli.session import Session
from puna.core.errors import PunaError


def converse(session: Session, *, insecure: bool) -> None:
    """Talk with the model until the user leaves. Raises CommandFailed where the model can't be loaded."""
    load(session)
    commands.replay(session)
    editor = Editor(session.client.settings.home)
    desk = commands.Desk(session, editor, insecure=insecure)
    while True:
        try:
            line = editor.read()
        except KeyboardInterrupt:
            click.echo("Ctrl-D or /bye ends the session.")
            continue
        except EOFError:
            return
        try:
            if not take(line, session, desk):
                return
        except PunaError as error:
            click.echo(f"Error: {error.message}", err=True)
        except KeyboardInterrupt:
            click.echo()


def take(line: str, session: Session, desk: commands.Desk) -> bool:
    """Do what a line says. False at the end of the session."""
    sees = desk.sees
    if line.startswith("/") and not (sees and names_picture(line)):
        return desk.carry_out(line)
    text, pictures = take_pictures(line) if sees else (line, [])
    if text or pictures:
        session.say(text, pictures)
        click.echo()
    return True


def load(session: Session) -> None:
    """Load the model, and show that this is what takes time."""
    from rich.console import Console

    with Console(stderr=True).status(f"Loading {session.model}…"):
        session.load()
