"""`puna create`."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from puna.cli.arguments import MODEL
from puna.cli.client.client import Client, connected

if TYPE_CHECKING:
    from puna.library.recipe import Recipe

CHUNK = 1 << 20
CHECKPOINT = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja")
"""The files of a folder of safetensors that belong to the model."""


@click.command()
@click.argument("model", type=MODEL)
@click.option(
    "--file",
    "-f",
    default="",
    type=click.Path(allow_dash=True),
    help="The Modelfile; - reads standard input.",
)
@click.option("--insecure", is_flag=True, help="Allow servers of remote models without HTTPS.")
@click.option("--quantize", "-q", default="", help="Quantize the weights, for example to q4_K_M.")
def create(model: str, file: str, quantize: str, insecure: bool) -> None:
    """Create a model from a Modelfile.

    Reads ./Modelfile unless -f names another file.
    """
    source, folder = read(file)
    from puna.library.modelfile import Modelfile
    from puna.library.recipe import Recipe

    modelfile = Modelfile.parse(source)
    recipe = Recipe.of(modelfile, folder, quantize or None, insecure=insecure)
    allowed = {"insecure": True} if insecure else {}
    with connected() as client:
        for step in client.stream("/api/create", {"model": model, **allowed, **sent(client, recipe)}):
            click.echo(step["status"])


def read(file: str) -> tuple[bytes, Path]:
    """The Modelfile, and the folder that its paths are relative to."""
    if file == "-":
        return sys.stdin.buffer.read(), Path.cwd()
    path = Path(file or "Modelfile")
    try:
        return path.read_bytes(), path.absolute().parent
    except OSError as error:
        if not file and isinstance(error, FileNotFoundError):
            raise click.ClickException("there is no Modelfile in this folder; name one with -f") from error
        raise click.ClickException(f"can't read the Modelfile {path}: {error.strerror}") from error


def sent(client: Client, recipe: "Recipe") -> dict[str, Any]:
    """The body of the request, with every file of the recipe where the server finds it."""
    from puna.library.remote import to_json

    body: dict[str, Any] = {
        "from": str(recipe.base) if recipe.base else None,
        "files": upload(client, files_of(recipe)),
        "adapters": upload(client, {Path(name).name: path for name, path in recipe.adapters.items()}),
        "draft_files": upload(client, {Path(name).name: path for name, path in recipe.drafts.items()}),
        "parameters": recipe.parameters.to_json(),
        "template": recipe.template,
        "system": recipe.system,
        "messages": [{"role": message.role, "content": message.content} for message in recipe.messages],
        "license": list(recipe.licenses),
        "quantize": recipe.quantize,
        "remote": to_json(recipe.remote) if recipe.remote else None,
        **recipe.formats,
    }
    return {name: value for name, value in body.items() if value}


def files_of(recipe: "Recipe") -> dict[str, Path]:
    """The files that the weights are made of, by names below one folder."""
    if recipe.folder is None:
        return {path.name: path for path in recipe.files.values()}
    from puna.library.pipelines import is_pipeline, pipeline_files

    if is_pipeline(recipe.folder):
        return pipeline_files(recipe.folder)
    found = (path for pattern in CHECKPOINT for path in recipe.folder.rglob(pattern) if path.is_file())
    return {path.relative_to(recipe.folder).as_posix(): path for path in found}


def upload(client: Client, files: dict[str, Path]) -> dict[str, str]:
    """The digests of the files, each of which the server has then."""
    from puna.library.digest import Digest

    digests = {}
    for name, path in files.items():
        digest = str(Digest.of_file(path))
        if not client.has_blob(digest):
            click.echo(f"sending {name}")
            client.send_blob(digest, chunks(path))
        digests[name] = digest
    return digests


def chunks(path: Path) -> Iterator[bytes]:
    """The content of a file."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
