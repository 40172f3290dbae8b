"""`puna ps` and `puna stop`."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from puna.cli.amounts import age_text, size_text
from puna.cli.command import with_client
from puna.cli.models import ID_DIGITS
from puna.cli.table import render_table

if TYPE_CHECKING:
    from puna.cli.client import Client

HEADER = ("NAME", "ID", "SIZE", "PROCESSOR", "CONTEXT", "UNTIL")
FOR_EVER_YEARS = 20


def ps(prefix: Annotated[str, typer.Argument(help="Show only models whose name begins with this.")] = "") -> None:
    """List the models that are in the server's memory."""

    async def work(client: "Client") -> None:
        models = (await client.ask("GET", "/api/ps"))["models"]
        now = datetime.now(UTC)
        typer.echo(render_table([HEADER, *(row(model, now) for model in models if model["name"].startswith(prefix))]))

    with_client(work)


def stop(model: Annotated[str, typer.Argument(help="The model.")]) -> None:
    """Have the server unload a model."""

    async def work(client: "Client") -> None:
        await client.ask("POST", "/api/generate", {"model": model, "keep_alive": 0, "stream": False})

    with_client(work)


def row(model: dict[str, Any], now: datetime) -> tuple[str, ...]:
    """One model's cells."""
    expires = datetime.fromisoformat(model["expires_at"])
    for_ever = (expires - now).days > FOR_EVER_YEARS * 365
    return (
        model["name"],
        model["digest"][:ID_DIGITS],
        size_text(model["size"]),
        processor(model["size"], model["size_vram"]),
        str(model["context_length"]),
        "Forever" if for_ever else age_text(expires, now),
    )


def processor(size: int, on_gpu: int) -> str:
    """Where a model is, in percent of its bytes."""
    if on_gpu == 0:
        return "100% CPU"
    if on_gpu >= size:
        return "100% GPU"
    on_cpu = round((size - on_gpu) / size * 100)
    return f"{on_cpu}%/{100 - on_cpu}% CPU/GPU"
