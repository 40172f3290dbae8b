"""What every command does: run with a client, and say an error in one line."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NoReturn, TypeVar

import typer

from puna.core.errors import PunaError

if TYPE_CHECKING:
    from puna.cli.client import Client

T = TypeVar("T")
INTERRUPTED = 130
"""The exit code of a command that Ctrl-C ended."""


def with_client(work: "Callable[[Client], Awaitable[T]]") -> T:
    """Do the work of a command. Errors end it with one line on standard error, and exit code 1."""

    async def running() -> T:
        from puna.cli.client import connected

        async with connected() as client:
            return await work(client)

    try:
        return asyncio.run(running())
    except PunaError as error:
        fail(error.message)
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:  # `puna list | head -1`
        sys.stderr.close()
        raise typer.Exit(0) from None


def fail(message: str) -> NoReturn:
    """End the command with an error."""
    typer.echo(f"Error: {message}", err=True)
    raise typer.Exit(1)
