"""`puna show`."""

from collections.abc import Sequence
from typing import Any

import click

from puna.cli.arguments import MODEL
from puna.cli.client import connected
from puna.cli.table import render_table

FIRST_LINES = 2
"""How much of a long text the overview has."""


@click.command()
@click.argument("model", type=MODEL)
@click.option("--modelfile", is_flag=True, help="Show its Modelfile.")
@click.option("--parameters", is_flag=True, help="Show its parameters.")
@click.option("--template", is_flag=True, help="Show its template.")
@click.option("--system", is_flag=True, help="Show its system message.")
@click.option("--license", is_flag=True, help="Show its licence.")
@click.option("--verify", is_flag=True, help="Read all its files, and say which are damaged.")
@click.option("--verbose", "-v", is_flag=True, help="Show the whole header of its weights.")
def show(model: str, verbose: bool, **parts: bool) -> None:
    """Show what a model is."""
    wanted = [part for part, asked in parts.items() if asked]
    if len(wanted) > 1:
        raise click.ClickException(f"only one of {', '.join(f'--{part}' for part in parts)} at a time")
    with connected() as client:
        if parts["verify"]:
            report(model, client.ask("POST", "/api/show", {"model": model, "verify": True})["damaged"])
        else:
            shown = client.ask("POST", "/api/show", {"model": model, "verbose": verbose})
            click.echo(shown[wanted[0]] if wanted else overview(shown, verbose=verbose))


def report(model: str, damaged: list[str]) -> None:
    """What a check found."""
    if damaged:
        raise click.ClickException("\n".join([f"'{model}' is damaged; pull or create it again", *damaged]))
    click.echo(f"'{model}' is whole")


def overview(shown: dict[str, Any], *, verbose: bool) -> str:
    """The model in sections."""
    info = shown["model_info"]
    sections: dict[str, Sequence[Sequence[str]]] = {
        "Model": model_rows(shown["details"], info),
        "Capabilities": [(capability,) for capability in shown["capabilities"]],
        "Projector": projector_rows(shown.get("projector_info", {})),
        "Parameters": [tuple(line.split(maxsplit=1)) for line in shown["parameters"].splitlines()],
        "Metadata": [(key, cell(value)) for key, value in sorted(info.items())] if verbose else [],
        "Tensors": [(each["name"], each["type"], str(each["shape"])) for each in shown.get("tensors", ())],
        "System": beginning(shown["system"]),
        "License": beginning(shown["license"]),
    }
    return "\n\n".join(f"  {title}\n{render_table(rows, indent='    ')}" for title, rows in sections.items() if rows)


def model_rows(details: dict[str, Any], info: dict[str, Any]) -> list[tuple[str, ...]]:
    """What matters most of the weights."""
    architecture = info.get("general.architecture", details["family"])
    values = {
        "architecture": architecture,
        "parameters": details["parameter_size"],
        "context length": info.get(f"{architecture}.context_length"),
        "embedding length": info.get(f"{architecture}.embedding_length"),
        "quantization": details["quantization_level"],
    }
    return [(name, str(value)) for name, value in values.items() if value]


def projector_rows(info: dict[str, Any]) -> list[tuple[str, ...]]:
    """What matters most of what reads pictures."""
    keys = ("general.architecture", "general.parameter_count")
    return [(key.partition(".")[2].replace("_", " "), str(info[key])) for key in keys if key in info]


def beginning(text: str) -> list[tuple[str, ...]]:
    """The first lines of a text."""
    lines = [(line.strip(),) for line in text.splitlines() if line.strip()]
    return [*lines[:FIRST_LINES], *([("...",)] if len(lines) > FIRST_LINES else [])]


def cell(value: Any) -> str:
    """A value, or the beginning of a long one."""
    if isinstance(value, list) and len(value) > 3:
        return f"[{', '.join(map(str, value[:3]))}, … {len(value) - 3} more]"
    return str(value)
