"""`puna run`: one prompt, from the command line or from a pipe, or a session."""

import base64
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import orjson

from puna.cli.arguments import LEVELS, MODEL, insecure_option, read_format
from puna.cli.client.client import Client, connected
from puna.cli.output.answers import DisplayOptions, Piece, show_answer, show_timings
from puna.cli.transfers import ensure_present

THINK: dict[str, bool | str | None] = {"": None, "true": True, "false": False}
"""What some values of --think stand for; the others are levels."""
PICTURES = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"RIFF")
"""How files of pictures begin."""
THINK_VALUES = ("true", "false", *LEVELS)


class RunCommand(click.Command):
    """Lets `--think` do without a value. The word after it is its value only if it can be one: `--think tiny` names a
    model."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for index, argument in enumerate(args):
            if argument == "--":
                break
            if argument == "--think":
                given = index + 1 < len(args) and args[index + 1] in THINK_VALUES
                args[index : index + 1 + given] = [f"--think={args[index + 1] if given else 'true'}"]
        return super().parse_args(ctx, args)


@click.command(cls=RunCommand)
@click.argument("model", type=MODEL)
@click.argument("prompt", nargs=-1)
@click.option("--format", "format_", default="", help="Format of the answer: json or a JSON Schema.")
@click.option("--think", default="", metavar="[LEVEL]", help="Think first: true, false, low, medium, high or max.")
@click.option("--hidethinking", is_flag=True, help="Hide the thinking.")
@click.option("--keepalive", default="", help="How long to keep the model in memory, for example 5m.")
@click.option("--nowordwrap", is_flag=True, help="Do not render Markdown or wrap lines.")
@click.option("--verbose", is_flag=True, help="Show timing statistics.")
@click.option("--width", type=int, help="Width of a picture, in pixels.")
@click.option("--height", type=int, help="Height of a picture, in pixels.")
@click.option("--steps", type=int, help="Number of steps for a picture.")
@click.option("--seed", type=int, help="Seed of a picture; the same seed makes the same picture.")
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
    **picture: int | None,
) -> None:
    """Run a model.

    Without a PROMPT, starts a chat. Standard input is added to the prompt. A missing model is downloaded first.
    An image model writes a picture to a file.
    """
    display = DisplayOptions(rendered=not (nowordwrap or format_), hide_thinking=hidethinking, verbose=verbose)
    options: dict[str, Any] = {
        "format": read_format(format_, name="--format") if format_ else "",
        "think": THINK.get(think, think),
        "keep_alive": keepalive or None,
    }
    interactive = not prompt and sys.stdin.isatty()
    text, pictures = ("", []) if interactive else read_prompt(prompt)
    with connected() as client:
        shown = ensure_present(client, model, insecure=insecure)
        if "image" in shown["capabilities"]:
            options = {name: value for name, value in options.items() if value}
            draw(client, {"model": model, "prompt": text, **options}, picture, verbose=verbose)
        elif any(value is not None for value in picture.values()):
            raise click.ClickException(
                f"'{model}' is not an image model: --width, --height, --steps and --seed are for those"
            )
        elif interactive:
            from puna.cli.session.conversation import Conversation
            from puna.cli.session.interactive import converse

            converse(Conversation(client, model, display, **options), insecure=insecure)
        elif shown["capabilities"] == ["embedding"]:
            embed(client, model, text)
        else:
            if pictures and "vision" not in shown["capabilities"]:
                raise click.ClickException(f"'{model}' does not support images")
            body = {"model": model, "prompt": text, **({"images": pictures} if pictures else {}), **options}
            answer(client, body, display)


def read_prompt(words: tuple[str, ...]) -> tuple[str, list[str]]:
    """The prompt, from the command line and the pipe, and a picture that came through the pipe, in base64.

    Raises ClickException where there is no prompt, or no text in the pipe.
    """
    text = " ".join(words)
    piped = b"" if sys.stdin.isatty() else sys.stdin.buffer.read()
    if piped.startswith(PICTURES):
        return text or "Describe this image.", [base64.b64encode(piped).decode()]
    try:
        text = "\n".join(filter(None, (text, piped.decode().strip())))
    except UnicodeDecodeError as error:
        raise click.ClickException("standard input is neither text (UTF-8) nor an image") from error
    if not text:
        raise click.ClickException("there is no prompt. Try: puna run tiny 'Say this is a test'")
    return text, []


def answer(client: Client, body: dict[str, Any], display: DisplayOptions) -> None:
    """Ask once, and show the answer."""
    final: dict[str, Any] = {}

    def pieces() -> Iterator[Piece]:
        for row in client.stream("/api/generate", body):
            yield Piece(row["response"], row.get("thinking", ""))
            final.update(row)

    show_answer(pieces(), display)
    if display.verbose:
        show_timings(final)


def draw(client: Client, body: dict[str, Any], picture: dict[str, int | None], *, verbose: bool) -> None:
    """Have a picture made, write it to a file and show it. `picture` is what the options say of it."""
    from puna.cli.output import pictures

    if not body["prompt"]:
        raise click.ClickException(
            f"'{body['model']}' is an image model. Try: puna run {body['model']} 'a red circle'"
        )
    given = {name: value for name, value in picture.items() if value is not None}
    seed = given.pop("seed", None)
    body |= given | ({"options": {"seed": seed}} if seed is not None else {})
    final = pictures.show_steps(client.stream("/api/generate", body))
    data = base64.b64decode(final["image"])
    path = pictures.save(data, body["prompt"], Path.cwd())
    pictures.show(data)
    click.echo(path)
    if verbose:
        show_timings(final)


def embed(client: Client, model: str, text: str) -> None:
    """Print the vector of a text as JSON."""
    [vector] = client.ask("POST", "/api/embed", {"model": model, "input": text})["embeddings"]
    click.echo(orjson.dumps(vector).decode())
