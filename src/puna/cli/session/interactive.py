"""A session at a terminal: `puna run` without a prompt."""

import click

from puna.cli.session.command import completions
from puna.cli.session.conversation import Conversation
from puna.cli.session.editor import Editor
from puna.cli.session.pictures import names_picture, take_pictures
from puna.cli.session.session import Session
from puna.cli.session.slash import COMMANDS, carry_out
from puna.core.errors import PunaError


def converse(conversation: Conversation, *, insecure: bool) -> None:
    """Talk with the model until the user leaves. Raises CommandFailed where the model can't be loaded."""
    load(conversation)
    conversation.replay()
    settings = conversation.client.settings
    editor = Editor(settings.home, completions(COMMANDS), history=not settings.nohistory)
    session = Session(conversation, editor, insecure)
    while not session.over:
        try:
            line = editor.read()
        except KeyboardInterrupt:
            click.echo("Press Ctrl-D or type /bye to exit.")
            continue
        except EOFError:
            return
        try:
            take(session, line)
        except PunaError as error:
            click.echo(f"Error: {error.message}", err=True)
        except KeyboardInterrupt:
            click.echo()


def take(session: Session, line: str) -> None:
    """Do what a line says, or say it to the model."""
    sees = session.sees
    if line.startswith("/") and not (sees and names_picture(line)):
        carry_out(session, line)
        return
    text, pictures = take_pictures(line) if sees else (line, [])
    if text or pictures:
        session.conversation.say(text, pictures)
        click.echo()


def load(conversation: Conversation) -> None:
    """Load the model, and show that this is what takes time."""
    from rich.console import Console

    with Console(stderr=True).status(f"Loading {conversation.model}…"):
        conversation.load()
