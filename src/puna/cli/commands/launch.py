"""`puna launch`: a coding agent, or any other program, that uses this server."""

import os
import shlex
import shutil
import subprocess
from dataclasses import replace
from typing import Any

import click

from puna.cli.arguments import MODEL
from puna.cli.client.client import Client, CommandFailed
from puna.cli.launch.server import server
from puna.cli.launch.tools import TOOLS, Target, Tool, find, other
from puna.cli.transfers import ensure_present

AGENT_TOKENS = 32_768
"""The context that agents need at least: the first prompts of some have more than 20,000 tokens."""
MISSING = 127
"""The exit code of a shell for a program that is not there."""


class LaunchCommand(click.Command):
    """Lists the programs in its help."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Tools"):
            formatter.write_dl([(name, f"{tool.title} ({tool.install})") for name, tool in TOOLS.items()])


@click.command(cls=LaunchCommand, context_settings={"ignore_unknown_options": True})
@click.argument("tool")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.option("--model", type=MODEL, help="The model to use. [default: the newest that can call tools]")
@click.option("--dry-run", is_flag=True, help="Print the command without starting it.")
def launch(tool: str, arguments: tuple[str, ...], model: str | None, dry_run: bool) -> None:
    """Start a coding agent, or another program, with this server.

    ARGUMENTS are passed to the tool; put -- before those that puna would take for its own. None of your files are
    changed. If no server is running, one is started and stopped with the tool. Programs that are not listed below get
    OPENAI_BASE_URL and similar variables.
    """
    known = find(tool) or other(tool)
    program = shutil.which(known.program)
    if program is None and not dry_run:
        raise Missing(how_to_get(tool, known))
    with server() as client:
        target = target_for(client, model, known)
        command = [program or known.program, *known.arguments(target), *(arguments or known.alone)]
        environment = known.environment(target)
        if dry_run:
            click.echo(shown(command, environment))
            return
        code = subprocess.call(command, env={**os.environ, **environment})
    raise SystemExit(code)


class Missing(click.ClickException):
    """The tool is not installed."""

    exit_code = MISSING


def how_to_get(name: str, tool: Tool) -> str:
    """What to do about a program that is not there."""
    if not tool.install:
        return f"'{name}' was not found. `puna launch --help` lists the known tools."
    return f"{tool.title} is not installed. Install it with: {tool.install}"


def target_for(client: Client, model: str | None, tool: Tool) -> Target:
    """The server and the model, which is pulled where it is not here; says so where it is not made for the tool.

    Raises CommandFailed.
    """
    name = model or newest(client)
    shown = ensure_present(client, name, insecure=False)
    context = min(filter(None, (context_of(shown), client.settings.context_length)), default=None)
    if tool.agent and "tools" not in shown["capabilities"]:
        click.echo(f"{name} can't call tools, which {tool.title} needs. Choose another model with --model.", err=True)
    elif tool.agent and context and context < AGENT_TOKENS:
        message = f"{name} has a context of {context:,} tokens; {tool.title} may need more."
        click.echo(f"{message} Choose another model with --model.", err=True)
    target = Target(url=client.url, model=name, context=context)
    keys = sorted(client.settings.api_keys)
    return replace(target, key=keys[0]) if keys else target


def newest(client: Client) -> str:
    """The model that came last of those that can call tools, else `tiny`. Raises CommandFailed."""
    models = sorted(client.models(), key=lambda one: one.modified_ns, reverse=True)
    for model in models:
        if not is_tiny(model.name) and "tools" in client.show(model.name)["capabilities"]:
            return model.name
    if not models:
        raise CommandFailed("there are no models; `puna pull MODEL` downloads one")
    return models[0].name if not any(is_tiny(one.name) for one in models) else "tiny"


def is_tiny(name: str) -> bool:
    """Whether a model is the bundled one, which answers anything and helps with nothing."""
    return name.partition(":")[0] == "tiny"


def context_of(shown: dict[str, Any]) -> int | None:
    """The context that a model was trained for."""
    values = (value for name, value in shown.get("model_info", {}).items() if name.endswith(".context_length"))
    return next((value for value in values if isinstance(value, int)), None)


def shown(command: list[str], environment: Any) -> str:
    """A command as a shell takes it, with its variables before it."""
    return " ".join([*(f"{name}={shlex.quote(value)}" for name, value in environment.items()), shlex.join(command)])
