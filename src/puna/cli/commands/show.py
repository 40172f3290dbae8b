"""`puna show`."""

import click

from puna.cli.arguments import MODEL, echo_json, json_option
from puna.cli.client.client import connected
from puna.cli.output.overview import render_overview


@click.command()
@click.argument("model", type=MODEL)
@click.option("--modelfile", is_flag=True, help="Show the Modelfile.")
@click.option("--parameters", is_flag=True, help="Show the parameters.")
@click.option("--template", is_flag=True, help="Show the template.")
@click.option("--system", is_flag=True, help="Show the system message.")
@click.option("--license", is_flag=True, help="Show the license.")
@click.option("--verify", is_flag=True, help="Check the files for damage.")
@click.option("--verbose", "-v", is_flag=True, help="Show all metadata and tensors.")
@json_option
def show(model: str, verbose: bool, as_json: bool, **parts: bool) -> None:
    """Show information about a model."""
    wanted = [part for part, asked in parts.items() if asked]
    if len(wanted) > 1:
        raise click.ClickException(f"only one of {', '.join(f'--{part}' for part in parts)} at a time")
    with connected() as client:
        if parts["verify"]:
            report(model, client.show(model, verify=True)["damaged"])
        else:
            shown = client.show(model, verbose=verbose)
            if as_json:
                echo_json({part: shown[part] for part in wanted} or shown)
                return
            click.echo(shown[wanted[0]] if wanted else render_overview(shown, verbose=verbose))


def report(model: str, damaged: list[str]) -> None:
    """What a check found."""
    if damaged:
        raise click.ClickException("\n".join([f"'{model}' is damaged; pull or create it again", *damaged]))
    click.echo(f"'{model}' is intact")
