"""`puna run`: one prompt, from the command line or from a pipe, or a session."""

import sys
from collections.abc import Iterator
from typing import Any

import click
import orjson

from puna.cli.answers import Manner, Piece, show_answer, show_timings
from puna.cli.arguments import MODEL, insecure_option
from puna.cli.client import NOT_FOUND, Client, CommandFailed, connected
from puna.cli.transfers import show_transfer

THINK: dict[str, bool | str | None] = {"": None, "true": True, "false": False}
LEVELS = ("true", "false", "low", "medium", "high", "max")


class RunCommand(click.Command):
    """`--think` needs no value, and what follows it is one only if it can be: `--think tiny` names a model."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for place, argument in enumerate(args):
            if argument == "--":
                break
            if argument == "--think":
                given = place + 1 < len(args) and args[place + 1] in LEVELS
                args[place : place + 1 + given] = [f"--think={args[place + 1] if given else 'true'}"]
        return super().parse_args(ctx, args)


@click.command(cls=RunCommand)
@click.argument("model", type=MODEL)
@click.argument("prompt", nargs=-1)
@click.option("--format", "format_", default="", help="json, or a JSON Schema.")
@click.option("--think", default="", metavar="[LEVEL]", help="Think first: true, false, low, medium, high or max.")
@click.option("--hidethinking", is_flag=True, help="Do not show what it thinks.")
@click.option("--keepalive", default="", help="How long the model stays in memory, such as 5m.")
@click.option("--nowordwrap", is_flag=True, help="Show the text as it is: do not render Markdown, do not wrap lines.")
@click.option("--verbose", is_flag=True, help="Show what the answer took.")
@insecure_option
def run(
    model: str,
    prompt: tuple[str, ...],
    format_: str,
    think: str,
    hidethinking: bool,
    keepalive: str,
    nowordwrap: bool,
    verbose: bool,
    insecure: bool,
) -> None:
    """Ask a model, or talk with it.

    Without a PROMPT a session begins. What comes through a pipe follows the prompt. A model that is not here is
    pulled first.
    """
    manner = Manner(rendered=not (nowordwrap or format_), hide_thinking=hidethinking, verbose=verbose)
    options = {"format": read_format(format_), "think": THINK.get(think, think), "keep_alive": keepalive or None}
    interactive = not prompt and sys.stdin.isatty()
    text = "" if interactive else read_prompt(prompt)
    with connected() as client:
        shown = have(client, model, insecure=insecure)
        if interactive:
            from puna.cli.interactive import converse
            from puna.cli.session import Session

            converse(Session(client, model, manner, **options), insecure=insecure)
        elif shown["capabilities"] == ["embedding"]:
            embed(client, model, text)
        else:
            answer(client, {"model": model, "prompt": text, **options}, manner)


def read_prompt(words: tuple[str, ...]) -> str:
    """What is asked. Raises ClickException where it is nothing."""
    text = " ".join(words)
    if not sys.stdin.isatty():
        text = "\n".join(filter(None, (text, sys.stdin.read().strip())))
    if not text:
        raise click.ClickException("there is no prompt: give one, as in  puna run tiny 'Say this is a test'")
    return text


def have(client: Client, model: str, *, insecure: bool) -> dict[str, Any]:
    """What the model is; it is pulled where it is not here."""
    try:
        return client.ask("POST", "/api/show", {"model": model})
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
    return client.ask("POST", "/api/show", {"model": model})


def answer(client: Client, body: dict[str, Any], manner: Manner) -> None:
    """Ask once."""
    final: dict[str, Any] = {}

    def pieces() -> Iterator[Piece]:
        for row in client.stream("/api/generate", body):
            yield Piece(row["response"], row.get("thinking", ""))
            final.update(row)

    show_answer(pieces(), manner)
    if manner.verbose:
        show_timings(final)


def embed(client: Client, model: str, text: str) -> None:
    """The vector of a text, as JSON."""
    [vector] = client.ask("POST", "/api/embed", {"model": model, "input": text})["embeddings"]
    click.echo(orjson.dumps(vector).decode())


def read_format(text: str) -> Any:
    """`json`, or a schema."""
    if text in ("", "json"):
        return text
    try:
        schema = orjson.loads(text)
    except orjson.JSONDecodeError:
        schema = None
    if not isinstance(schema, dict):
        raise click.ClickException("--format has to be json, or a JSON Schema")
    return schema
