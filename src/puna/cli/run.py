"""`puna run`: one prompt, from the command line or from a pipe."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from puna.cli.command import fail, with_client
from puna.cli.transfers import show

if TYPE_CHECKING:
    from puna.cli.client import Client

SECOND = 10**9
NOT_FOUND = 404


def run(
    model: Annotated[str, typer.Argument(help="The model; it is pulled where it is not here.")],
    prompt: Annotated[list[str] | None, typer.Argument(help="What to ask it.")] = None,
    format_: Annotated[str, typer.Option("--format", help="`json`, or a JSON Schema.")] = "",
    think: Annotated[str, typer.Option("--think", help="true, false, low, medium, high or max.")] = "",
    hide_thinking: Annotated[bool, typer.Option("--hidethinking", help="Do not show what it thinks.")] = False,
    keep_alive: Annotated[
        str, typer.Option("--keepalive", help="How long the model stays in memory, such as 5m.")
    ] = "",
    verbose: Annotated[bool, typer.Option("--verbose", help="Show what the answer took.")] = False,
    insecure: Annotated[bool, typer.Option("--insecure", help="Allow a registry without encryption.")] = False,
) -> None:
    """Ask a model. What comes through a pipe follows the prompt."""
    text = " ".join(prompt or ())
    if not sys.stdin.isatty():
        text = "\n".join(filter(None, (text, sys.stdin.read().strip())))
    if not text:
        fail("there is no prompt: give one, as in  puna run tiny 'Say this is a test'")
    body = {"model": model, "prompt": text, "format": read_format(format_), "think": read_think(think)}
    body["keep_alive"] = keep_alive or None

    async def work(client: "Client") -> None:
        await have(client, model, insecure=insecure)
        await answer(client, body, hide_thinking=hide_thinking, verbose=verbose)

    with_client(work)


async def have(client: "Client", model: str, *, insecure: bool) -> None:
    """Pull the model where it is not here."""
    from puna.cli.client import CommandFailed

    try:
        await client.ask("POST", "/api/show", {"model": model})
    except CommandFailed as error:
        if error.status != NOT_FOUND or "did you mean" in error.message:
            raise
        await show(client.stream("/api/pull", {"model": model, "insecure": insecure}))


async def answer(client: "Client", body: dict[str, Any], *, hide_thinking: bool, verbose: bool) -> None:
    """Print the answer while it comes."""
    thinking = False
    async for row in client.stream("/api/generate", body):
        if row.get("thinking") and not hide_thinking:
            typer.echo(("" if thinking else "Thinking...\n") + row["thinking"], nl=False)
            thinking = True
        if row["response"]:
            typer.echo(("\n...done thinking.\n\n" if thinking else "") + row["response"], nl=False)
            thinking = False
        if row["done"]:
            typer.echo()
            if verbose:
                typer.echo(timings(row), err=True)


def timings(row: dict[str, Any]) -> str:
    """What an answer took."""
    lines = {"total duration": f"{row['total_duration'] / SECOND:.3f} s"}
    lines["load duration"] = f"{row['load_duration'] / SECOND:.3f} s"
    for name, key in (("prompt eval", "prompt_eval"), ("eval", "eval")):
        count, seconds = row[f"{key}_count"], row[f"{key}_duration"] / SECOND
        lines[f"{name} count"] = f"{count} tokens"
        lines[f"{name} duration"] = f"{seconds:.3f} s"
        lines[f"{name} rate"] = f"{count / seconds:.2f} tokens/s" if seconds else "-"
    return "\n".join(f"{name + ':':<22}{value}" for name, value in lines.items())


def read_format(text: str) -> Any:
    """`json`, or a schema."""
    if text in ("", "json"):
        return text
    try:
        schema = orjson.loads(text)
    except orjson.JSONDecodeError:
        schema = None
    return schema if isinstance(schema, dict) else fail("--format has to be json, or a JSON Schema")


def read_think(text: str) -> bool | str | None:
    """How much to think."""
    switches: dict[str, bool | str | None] = {"": None, "true": True, "false": False}
    return switches.get(text, text)
