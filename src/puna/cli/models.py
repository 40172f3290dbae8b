"""`puna list`, `cp` and `rm`."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from puna.cli.amounts import age_text, size_text
from puna.cli.command import with_client
from puna.cli.table import render_table

if TYPE_CHECKING:
    from puna.cli.client import Client

HEADER = ("NAME", "ID", "SIZE", "MODIFIED")
ID_DIGITS = 12


def list_models(
    prefix: Annotated[str, typer.Argument(help="Show only models whose name begins with this.")] = "",
) -> None:
    """List the models that are here."""

    async def work(client: "Client") -> None:
        models = (await client.ask("GET", "/api/tags"))["models"]
        now = datetime.now(UTC)
        shown = [row(model, now) for model in models if model["name"].lower().startswith(prefix.lower())]
        typer.echo(render_table([HEADER, *shown]))

    with_client(work)


def row(model: dict[str, Any], now: datetime) -> tuple[str, ...]:
    """One model's cells."""
    age = age_text(datetime.fromisoformat(model["modified_at"]), now)
    return model["name"], model["digest"][:ID_DIGITS], size_text(model["size"]), age


def copy(
    source: Annotated[str, typer.Argument(help="The model that is there.")],
    destination: Annotated[str, typer.Argument(help="Its further name.")],
) -> None:
    """Give a model a further name, such as the one that an application asks for."""

    async def work(client: "Client") -> None:
        await client.ask("POST", "/api/copy", {"source": source, "destination": destination})
        typer.echo(f"copied '{source}' to '{destination}'")

    with_client(work)


def remove(models: Annotated[list[str], typer.Argument(help="The models to remove.")]) -> None:
    """Remove models."""

    async def work(client: "Client") -> None:
        for model in models:
            await client.ask("DELETE", "/api/delete", {"model": model})
            typer.echo(f"deleted '{model}'")

    with_client(work)
