"""`puna ps` and `puna stop`."""

import time
from datetime import datetime
from typing import Any

import click

from puna.cli.arguments import MODEL, echo_json, json_option
from puna.cli.client.client import connected
from puna.cli.commands.models import ID_DIGITS, named
from puna.cli.output.amounts import age_text, size_text
from puna.cli.output.table import render_table

HEADER = ("NAME", "ID", "SIZE", "PROCESSOR", "CONTEXT", "UNTIL")
FOR_EVER = 20 * 365 * 24 * 3600.0
"""Seconds after which nothing is unloaded, but because it stays."""


@click.command()
@click.argument("prefix", default="", type=MODEL)
@json_option
def ps(prefix: str, as_json: bool) -> None:
    """List running models.

    With PREFIX, only those whose name begins with it.
    """
    with connected(server=True) as client:
        models = named(client.ask("GET", "/api/ps")["models"], prefix)
    now = time.time()
    if as_json:
        echo_json(models)
    else:
        rows = [line for model in models for line in (row(model, now), *server_rows(model))]
        click.echo(render_table([HEADER, *rows]))


@click.command()
@click.argument("model", type=MODEL)
def stop(model: str) -> None:
    """Stop a running model."""
    with connected(server=True) as client:
        client.ask("POST", "/api/generate", {"model": model, "keep_alive": 0, "stream": False})


def row(model: dict[str, Any], now: float) -> tuple[str, ...]:
    """One model's cells."""
    expires = datetime.fromisoformat(model["expires_at"]).timestamp()
    return (
        model["name"],
        model["digest"][:ID_DIGITS],
        memory_text(model["size"], model.get("size_resident")),
        place(model),
        str(model["context_length"]),
        "Forever" if expires - now > FOR_EVER else age_text(expires, now),
    )


def place(model: dict[str, Any]) -> str:
    """Where a model is computed: in which part of this machine, or elsewhere."""
    if not (servers := model.get("servers")):
        return processor(model["size"], model["size_vram"])
    down = sum(not server["up"] for server in servers)
    told = f"{len(servers)} servers" if len(servers) > 1 else "remote"
    return f"{told}, {down} down" if down else told


def server_rows(model: dict[str, Any]) -> list[tuple[str, ...]]:
    """A row for each server that a model is asked from, below its own."""
    return [
        (
            f"  {server['url']}",
            server["kind"] or "",
            "",
            "up" if server["up"] else "down",
            "",
            f"{server['active']} of {server['requests']} requests" if server["up"] else server["problem"] or "",
        )
        for server in model.get("servers", ())
    ]


def memory_text(size: int, resident: int | None) -> str:
    """What a model has in memory now, of what it may come to use."""
    return f"{size_text(resident)} of {size_text(size)}" if resident else size_text(size)


def processor(size: int, on_gpu: int) -> str:
    """Where a model is, in percent of its bytes."""
    if on_gpu == 0:
        return "100% CPU"
    if on_gpu >= size:
        return "100% GPU"
    on_cpu = round((size - on_gpu) / size * 100)
    return f"{on_cpu}%/{100 - on_cpu}% CPU/GPU"
