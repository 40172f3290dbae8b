"""Completion in the shell, of commands, options and the names of models."""

import os
from collections.abc import Sequence
from typing import ClassVar

import click
from click.shell_completion import (
    CompletionItem,
    ShellComplete,
    add_completion_class,
    get_completion_class,
    split_arg_string,
)

PROGRAM = "puna"
VARIABLE = "_PUNA_COMPLETE"
"""The shell asks with this variable set."""


class Bash(ShellComplete):
    """Bash, for which a colon ends a word: only what comes after the last one may be put in."""

    name: ClassVar[str] = "bash"
    source_template: ClassVar[str] = """\
%(complete_func)s() {
    local IFS=$'\\n' line=${COMP_LINE:0:COMP_POINT} kind value
    local word=${line##*[[:space:]]} before=
    [[ $word == *:* && $COMP_WORDBREAKS == *:* ]] && before=${word%%:*}:
    COMPREPLY=()
    for value in $(COMP_WORDS=$line %(complete_var)s=bash_complete "$1" 2>/dev/null); do
        kind=${value%%%%,*} value=${value#*,}
        case $kind in
            file) compopt -o default ;;
            dir) compopt -o dirnames ;;
            *) COMPREPLY+=("${value#"$before"}") ;;
        esac
    done
}
complete -o nosort -F %(complete_func)s %(prog_name)s 2>/dev/null || complete -F %(complete_func)s %(prog_name)s
"""

    def get_completion_args(self) -> tuple[list[str], str]:
        line = os.environ["COMP_WORDS"]
        words = split_arg_string(line)[1:]
        return (words, "") if line[-1:].isspace() or not words else (words[:-1], words[-1])

    def format_completion(self, item: "CompletionItem[str]") -> str:
        return f"{item.type},{item.value}"


def show_completion(ctx: click.Context, shell: str) -> None:
    """Print what has a shell ask `puna` for completions."""
    add_completion_class(Bash)
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(ctx.command, {}, PROGRAM, VARIABLE).source())


def complete(command: click.Command) -> None:
    """Answer a shell."""
    add_completion_class(Bash)
    shell = os.environ[VARIABLE].partition("_")[0]
    if kind := get_completion_class(shell):
        click.echo(kind(command, {}, PROGRAM, VARIABLE).complete())


def model_items(incomplete: str) -> "Sequence[CompletionItem[str]]":
    """The models whose names begin like that. What goes wrong is no reason to write into somebody's command line."""
    from puna.cli.client.client import connected
    from puna.core.errors import PunaError

    try:
        with connected() as client:
            names = [model.name for model in client.models()]
    except PunaError:
        return []
    if ":" not in incomplete:
        names = [name.removesuffix(":latest") for name in names]
    return [CompletionItem(name) for name in names if name.lower().startswith(incomplete.lower())]
