"""`puna list`, `cp` and `rm`."""

from datetime import UTC, datetime
from typing import Any

import click

from puna.cli.amounts import age_text, size_text
from puna.cli.arguments import MODEL
from puna.cli.client import connected
from puna.cli.table import render_table

HEADER = ("NAME", "ID", "SIZE", "MODIFIED")
ID_DIGITS = 12


@click.command("list")
@click.argument("prefix", default="", type=MODEL)
def list_models(prefix: str) -> None:
    """List the models that are here, or those whose name begins with PREFIX."""
    with connected() as client:
        models = client.models()
    now = datetime.now(UTC)
    shown = [row(model, now) for model in models if model["name"].lower().startswith(prefix.lower())]
    click.echo(render_table([HEADER, *shown]))


def row(model: dict[str, Any], now: datetime) -> tuple[str, ...]:
    """One model's cells."""
    age = age_text(datetime.fromisoformat(model["modified_at"]), now)
    return model["name"], model["digest"][:ID_DIGITS], size_text(model["size"]), age


@click.command("cp")
@click.argument("source", type=MODEL)
@click.argument("destination")
def copy(source: str, destination: str) -> None:
    """Give the model SOURCE a further name, such as the one that an application asks for."""
    with connected() as client:
        client.ask("POST", "/api/copy", {"source": source, "destination": destination})
    click.echo(f"copied '{source}' to '{destination}'")


@click.command("rm")
@click.argument("models", metavar="MODEL...", nargs=-1, required=True, type=MODEL)
def remove(models: tuple[str, ...]) -> None:
    """Remove models, and the files that only they used."""
    with connected() as client:
        for model in models:
            client.ask("DELETE", "/api/delete", {"model": model})
            click.echo(f"deleted '{model}'")
