"""`puna list`, `cp` and `rm`."""

import gc
import time
from typing import Any

import click

from puna.cli.arguments import MODEL, echo_json, json_option
from puna.cli.client.client import connected
from puna.cli.output.amounts import age_text, size_text
from puna.cli.output.table import render_table

HEADER = ("NAME", "ID", "SIZE", "MODIFIED")
ID_DIGITS = 12


@click.command("list")
@click.argument("prefix", default="", type=MODEL)
@json_option
def list_models(prefix: str, as_json: bool) -> None:
    """List models.

    With PREFIX, only those whose name begins with it.
    """
    gc.disable()  # this process ends before there is anything worth collecting
    with connected() as client:
        if as_json:
            echo_json(named(client.ask("GET", "/api/tags")["models"], prefix))
            return
        models = client.models()
    now, beginning = time.time(), prefix.lower()
    rows = [
        (model.name, model.digest[:ID_DIGITS], size_text(model.size), age_text(model.modified_ns / 10**9, now))
        for model in models
        if not beginning or model.name.lower().startswith(beginning)
    ]
    click.echo(render_table([HEADER, *rows]))
    gc.freeze()  # nor is there when Python looks at everything once more, as it ends


def named(models: list[dict[str, Any]], prefix: str) -> list[dict[str, Any]]:
    """The models whose name begins with that."""
    return [model for model in models if model["name"].lower().startswith(prefix.lower())]


@click.command("cp")
@click.argument("source", type=MODEL)
@click.argument("destination")
def copy(source: str, destination: str) -> None:
    """Copy a model.

    Use it to give a model the name that an application expects, such as gpt-3.5-turbo.
    """
    with connected() as client:
        client.ask("POST", "/api/copy", {"source": source, "destination": destination})
    click.echo(f"copied '{source}' to '{destination}'")


@click.command("rm")
@click.argument("models", metavar="MODEL...", nargs=-1, required=True, type=MODEL)
def remove(models: tuple[str, ...]) -> None:
    """Delete models.

    Files that no other model uses are deleted, too.
    """
    with connected() as client:
        for model in models:
            client.ask("DELETE", "/api/delete", {"model": model})
            click.echo(f"deleted '{model}'")
