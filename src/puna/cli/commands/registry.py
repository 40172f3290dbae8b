"""`puna pull` and `puna push`."""

import click

from puna.cli.arguments import MODEL, insecure_option
from puna.cli.client.client import connected
from puna.cli.transfers import show_transfer


@click.command()
@click.argument("model", type=MODEL)
@insecure_option
def pull(model: str, insecure: bool) -> None:
    """Download a model.

    An interrupted download is resumed. MODEL is [host/][namespace/]name[:tag], such as llama3.2 or
    hf.co/user/repository:Q4_K_M.
    """
    with connected() as client:
        show_transfer(client.stream("/api/pull", {"model": model, "insecure": insecure}))


@click.command()
@click.argument("model", type=MODEL)
@insecure_option
def push(model: str, insecure: bool) -> None:
    """Upload a model to a registry.

    MODEL is [host/][namespace/]name[:tag]. To rename a model, use `puna cp`.
    """
    with connected() as client:
        show_transfer(client.stream("/api/push", {"model": model, "insecure": insecure}))
