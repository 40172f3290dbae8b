"""`puna show`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from puna.cli.command import fail, with_client
from puna.cli.table import render_table

if TYPE_CHECKING:
    from puna.cli.client import Client

FIRST_LINES = 2
"""How much of a long text the overview has."""


def show(
    model: Annotated[str, typer.Argument(help="The model.")],
    modelfile: Annotated[bool, typer.Option("--modelfile", help="Show its Modelfile.")] = False,
    parameters: Annotated[bool, typer.Option("--parameters", help="Show its parameters.")] = False,
    template: Annotated[bool, typer.Option("--template", help="Show its template.")] = False,
    system: Annotated[bool, typer.Option("--system", help="Show its system message.")] = False,
    license_: Annotated[bool, typer.Option("--license", help="Show its licence.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show the whole header of its weights.")] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Read all its blobs, and say which are damaged.")] = False,
) -> None:
    """Show what a model is."""
    parts = {
        "modelfile": modelfile,
        "parameters": parameters,
        "template": template,
        "system": system,
        "license": license_,
    }
    wanted = [part for part, asked in parts.items() if asked]
    if len(wanted) + verify > 1:
        fail("only one of --modelfile, --parameters, --template, --system, --license and --verify at a time")

    async def work(client: "Client") -> None:
        if verify:
            return report(model, (await client.ask("POST", "/api/show", {"model": model, "verify": True}))["damaged"])
        shown = await client.ask("POST", "/api/show", {"model": model, "verbose": verbose})
        typer.echo(shown[wanted[0]] if wanted else overview(shown, verbose=verbose))
        return None

    with_client(work)


def report(model: str, damaged: list[str]) -> None:
    """What a check found."""
    if damaged:
        fail("\n".join([f"'{model}' is damaged; pull or create it again", *damaged]))
    typer.echo(f"'{model}' is whole")


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
