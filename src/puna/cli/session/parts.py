"""What `/show` can show of a model."""

from functools import partial

import click

from puna.cli.output.overview import render_overview
from puna.cli.output.table import render_table
from puna.cli.session.command import SlashCommand, SlashCommands
from puna.cli.session.session import Session


def show_info(session: Session, _: str) -> None:
    """Show what matters most."""
    click.echo(f"{render_overview(session.conversation.shown(), verbose=False)}\n")


def show_parameters(session: Session, _: str) -> None:
    """Show the parameters of the model's Modelfile, and those set in this session."""
    of_model = session.conversation.shown()["parameters"]
    here = [(name, str(value)) for name, value in session.conversation.parameters.items()]
    if of_model:
        click.echo(f"Model:\n{of_model}")
    if here:
        click.echo(f"This session:\n{render_table(here)}")
    if not (of_model or here):
        click.echo("The model has no parameters.")
    click.echo()


def show_system(session: Session, _: str) -> None:
    """Show the system message that counts."""
    system = session.conversation.system or session.conversation.shown()["system"]
    click.echo(f"{system or 'The model has no system message.'}\n")


def show_part(name: str, session: Session, _: str) -> None:
    """Show a part that /api/show gives as a text."""
    click.echo(f"{session.conversation.shown()[name] or f'The model has no {name}.'}\n")


PARTS: SlashCommands = {
    "info": SlashCommand("Overview", show_info),
    "license": SlashCommand("License", partial(show_part, "license")),
    "modelfile": SlashCommand("Modelfile", partial(show_part, "modelfile")),
    "parameters": SlashCommand("Parameters of the model and of this session", show_parameters),
    "system": SlashCommand("System message", show_system),
    "template": SlashCommand("Template", partial(show_part, "template")),
}
