"""Models on their way from and to registries, as commands and sessions show it."""

from collections.abc import Iterable
from typing import Any

from puna.cli.client.client import NOT_FOUND, Client, CommandFailed


def ensure_present(client: Client, model: str, *, insecure: bool) -> dict[str, Any]:
    """What /api/show says of a model, which is pulled first where it is not here. Raises CommandFailed."""
    try:
        return client.show(model)
    except CommandFailed as error:
        if error.status != NOT_FOUND:
            raise
        missing = error.message
    try:
        show_transfer(client.stream("/api/pull", {"model": model, "insecure": insecure}))
    except CommandFailed as error:
        # mixtral is no slip for mistral, so a near name is only told where the pull fails.
        if "did you mean" not in missing:
            raise
        raise CommandFailed(f"{missing} Pulling it failed: {error.message}") from error
    return client.show(model)


def show_transfer(steps: Iterable[dict[str, Any]]) -> None:
    """Show a line for each step, and a bar for each blob with its speed and the time left."""
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
            name = step["status"]
            if "digest" not in step:
                bars.console.print(name, highlight=False)
                continue
            if name not in known:
                known[name] = bars.add_task(name, total=step["total"])
            bars.update(known[name], completed=step.get("completed", 0))
