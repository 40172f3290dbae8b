"""The command `puna`."""

import os
import sys
from importlib import import_module
from typing import Any

import click

from puna import __version__
from puna.core.errors import PunaError

INTERRUPTED = 130
"""The exit code of a command that Ctrl-C ended."""

COMMANDS = {  # module:function, in `puna.cli.commands`
    "serve": "serve:serve",
    "run": "run:run",
    "create": "create:create",
    "show": "show:show",
    "pull": "registry:pull",
    "push": "registry:push",
    "list": "models:list_models",
    "ps": "running:ps",
    "stop": "running:stop",
    "cp": "models:copy",
    "rm": "models:remove",
    "signin": "signin:signin",
    "launch": "launch:launch",
    "engine": "engine:engine",
    "bench": "bench:bench",
}
ALIASES = {"ls": "list", "start": "serve"}


class Commands(click.Group):
    """Imports a command's module only when the command is called, so that each starts quickly."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        target = COMMANDS.get(ALIASES.get(name, name))
        if target is None:
            return None
        module, _, function = target.partition(":")
        command: click.Command = getattr(import_module(f"puna.cli.commands.{module}"), function)
        return command

    def resolve_command(
        self, ctx: click.Context, arguments: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if arguments[:1] == ["help"]:
            arguments = [*arguments[1:2], "--help"]
            if len(arguments) == 1:
                click.echo(ctx.get_help())
                ctx.exit()
        if arguments and self.get_command(ctx, arguments[0]) is None and not arguments[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(arguments[0], COMMANDS, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            ctx.fail(f"there is no command '{arguments[0]}'.{hint}")
        return super().resolve_command(ctx, arguments)

    def main(self, *arguments: Any, **named: Any) -> Any:
        if "_PUNA_COMPLETE" in os.environ:
            from puna.cli.completion import complete

            return complete(self)
        return super().main(*arguments, **{"prog_name": "puna", **named})

    def invoke(self, ctx: click.Context) -> object:
        """An error is one line on standard error, and exit code 1."""
        try:
            return super().invoke(ctx)
        except PunaError as error:
            from puna.api.advice import with_advice

            raise click.ClickException(with_advice(error)) from error
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:  # `puna list | head -1`
            sys.stderr.close()
            ctx.exit(0)
        except OSError as error:
            raise click.ClickException(f"{error.filename or error.__class__.__name__}: {error.strerror}") from error
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if os.environ.get("PUNA_DEBUG"):
                raise
            raise click.ClickException(
                f"internal error: {type(error).__name__}: {error}. Set PUNA_DEBUG=1 to see where."
            ) from error


def print_completion(ctx: click.Context, shell: str | None) -> None:
    """Print the completion of a shell, where one is named."""
    if shell:
        from puna.cli.completion import show_completion

        show_completion(ctx, shell)
        ctx.exit()


@click.group(cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-v", "--version", message="puna version %(version)s", help="Show the version.")
@click.option(
    "--show-completion",
    type=click.Choice(["bash", "zsh", "fish"]),
    expose_value=False,
    is_eager=True,
    callback=lambda ctx, _, shell: print_completion(ctx, shell),
    help="Print the completion script of a shell.",
)
@click.pass_context
def app(ctx: click.Context) -> None:
    """Run language models on this machine, behind the OpenAI API."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
