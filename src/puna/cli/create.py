"""`puna create`."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from puna.cli.command import fail, with_client

if TYPE_CHECKING:
    from puna.cli.client import Client
    from puna.library.recipe import Recipe

CHUNK = 1 << 20
CHECKPOINT = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja")
"""The files of a folder of safetensors that belong to the model."""


def create(
    model: Annotated[str, typer.Argument(help="The new model's name.")],
    file: Annotated[str, typer.Option("--file", "-f", help="The Modelfile; - reads it from standard input.")] = "",
    quantize: Annotated[str, typer.Option("--quantize", "-q", help="Quantize the weights, such as to q8_0.")] = "",
) -> None:
    """Create a model from a Modelfile."""
    source, folder = read(file)

    async def work(client: "Client") -> None:
        from puna.library.modelfile import Modelfile
        from puna.library.recipe import Recipe

        modelfile = Modelfile.parse(source)
        for instruction in modelfile.unused:
            typer.echo(f"Warning: {instruction} means nothing here and is not kept", err=True)
        body = await sent(client, Recipe.of(modelfile, folder, quantize or None))
        async for step in client.stream("/api/create", {"model": model, **body}):
            typer.echo(step["status"])

    with_client(work)


def read(file: str) -> tuple[bytes, Path]:
    """The Modelfile, and the folder that its paths are relative to."""
    if file == "-":
        return sys.stdin.buffer.read(), Path.cwd()
    path = Path(file or "Modelfile")
    try:
        return path.read_bytes(), path.absolute().parent
    except OSError as error:
        fail(f"can't read the Modelfile {path}: {error.strerror}")


async def sent(client: "Client", recipe: "Recipe") -> dict[str, Any]:
    """The body of the request, with every file of the recipe where the server finds it."""
    body: dict[str, Any] = {
        "from": str(recipe.base) if recipe.base else None,
        "files": await upload(client, files_of(recipe)),
        "adapters": await upload(client, {Path(name).name: path for name, path in recipe.adapters.items()}),
        "parameters": recipe.parameters.to_json(),
        "template": recipe.template,
        "system": recipe.system,
        "messages": [{"role": message.role, "content": message.content} for message in recipe.messages],
        "license": list(recipe.licenses),
        "quantize": recipe.quantize,
    }
    return {name: value for name, value in body.items() if value}


def files_of(recipe: "Recipe") -> dict[str, Path]:
    """The files that the weights are made of, by names below one folder."""
    if recipe.folder is None:
        return {path.name: path for path in recipe.files.values()}
    found = (path for pattern in CHECKPOINT for path in recipe.folder.rglob(pattern) if path.is_file())
    return {path.relative_to(recipe.folder).as_posix(): path for path in found}


async def upload(client: "Client", files: dict[str, Path]) -> dict[str, str]:
    """The digests of the files, each of which the server has then."""
    from puna.library.digest import Digest

    digests = {}
    for name, path in files.items():
        digest = str(Digest.of_file(path))
        if not await client.has_blob(digest):
            typer.echo(f"sending {name}")
            await client.send_blob(digest, chunks(path))
        digests[name] = digest
    return digests


async def chunks(path: Path) -> AsyncIterator[bytes]:
    """The content of a file. It is read between other work of this command, of which there is none."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
