"""The command `puna`."""

from typing import Annotated

import typer

from puna import __version__
from puna.cli import create, models, serve, show, transfers

app = typer.Typer(name="puna", help="Run open models behind the OpenAI API.", no_args_is_help=True)
app.command("serve")(serve.serve)
app.command("create")(create.create)
app.command("show")(show.show)
app.command("pull")(transfers.pull)
app.command("push")(transfers.push)
app.command("list")(models.list_models)
app.command("ls", hidden=True)(models.list_models)
app.command("cp")(models.copy)
app.command("rm")(models.remove)


def print_version(value: bool) -> None:
    if value:
        typer.echo(f"puna version {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", "-v", callback=print_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Run open models behind the OpenAI API."""
