"""`puna pull` and `puna push`."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from puna.cli.command import with_client

if TYPE_CHECKING:
    from puna.cli.client import Client

Model = Annotated[str, typer.Argument(help="The model: [host/][namespace/]name[:tag].")]
Insecure = Annotated[bool, typer.Option("--insecure", help="Allow a registry without encryption.")]


def pull(model: Model, insecure: Insecure = False) -> None:
    """Bring a model here from its registry. What came of a pull that was interrupted is kept."""
    transfer("/api/pull", model, insecure=insecure)


def push(model: Model, insecure: Insecure = False) -> None:
    """Bring a model to the registry of its name."""
    transfer("/api/push", model, insecure=insecure)


def transfer(path: str, model: str, *, insecure: bool) -> None:
    """Have it done, and show how it goes."""

    async def work(client: "Client") -> None:
        await show(client.stream(path, {"model": model, "insecure": insecure}))

    with_client(work)


async def show(steps: AsyncIterator[dict[str, Any]]) -> None:
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
        async for step in steps:
            digest = step.get("digest")
            if digest is None:
                bars.console.print(step["status"], highlight=False)
                continue
            if digest not in known:
                known[digest] = bars.add_task(step["status"], total=step["total"])
            bars.update(known[digest], completed=step.get("completed", 0))
