"""`puna pull` and `puna push`."""

from collections.abc import Iterable
from typing import Any

import click

from puna.cli.arguments import MODEL, insecure_option
from puna.cli.client import connected


@click.command()
@click.argument("model", type=MODEL)
@insecure_option
def pull(model: str, insecure: bool) -> None:
    """Bring a model here from its registry.

    What came of a pull that was interrupted is kept. MODEL is [host/][namespace/]name[:tag], such as llama3.2 or
    hf.co/user/repository:Q4_K_M.
    """
    with connected() as client:
        show_transfer(client.stream("/api/pull", {"model": model, "insecure": insecure}))


@click.command()
@click.argument("model", type=MODEL)
@insecure_option
def push(model: str, insecure: bool) -> None:
    """Bring a model to the registry of its name.

    MODEL is [host/][namespace/]name[:tag]; `puna cp` gives a model such a name.
    """
    with connected() as client:
        show_transfer(client.stream("/api/push", {"model": model, "insecure": insecure}))


def show_transfer(steps: Iterable[dict[str, Any]]) -> None:
    """A line for each step, and a bar for each blob with its speed and the time left."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bars:
        known: dict[str, Any] = {}
        for step in steps:
            digest = step.get("digest")
            if digest is None:
                bars.console.print(step["status"], highlight=False)
                continue
            if digest not in known:
                known[digest] = bars.add_task(step["status"], total=step["total"])
            bars.update(known[digest], completed=step.get("completed", 0))
