"""POST /api/create: a model from another one, or from files that were sent as blobs."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from ipaddress import ip_address
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from puna.api.ollama.body import ModelBody
from puna.api.ollama.lines import Row, respond
from puna.api.services import services_of
from puna.core.errors import Forbidden, InvalidRequest
from puna.http.body import Body, read_body
from puna.library.creation import create as make
from puna.library.digest import Digest
from puna.library.library import Library
from puna.library.model import Example
from puna.library.names import ModelName
from puna.library.parameters import Parameters
from puna.library.recipe import Recipe
from puna.library.registry.progress import Report, Status, reports
from puna.library.remote import from_json, require_encrypted
from puna.library.store import Store


class Turn(Body):
    """A message that every conversation with the model begins with."""

    role: Literal["system", "user", "assistant"]
    content: str


class CreateBody(ModelBody):
    """What the model is made of. `files`, `adapters` and `draft_files` are names and digests of blobs, `remote` is
    where it runs elsewhere, and `insecure` allows addresses there without encryption: both are Puna's own."""

    source: str | None = Field(default=None, alias="from")
    files: dict[str, str] | None = None
    adapters: dict[str, str] | None = None
    draft_files: dict[str, str] | None = None
    template: str | None = None
    license: str | list[str] | None = None
    system: str | None = None
    parameters: dict[str, Any] | None = None
    messages: list[Turn] | None = None
    quantize: str | None = None
    quantization: str | None = None
    renderer: str | None = None
    parser: str | None = None
    requires: str | None = None
    remote: dict[str, Any] | None = None
    insecure: bool | None = None
    stream: bool | None = None

    def recipe(self, store: Store, folder: Path) -> Recipe:
        """What the body says. Safetensors are put together in `folder`, as a checkpoint's folder has them.

        Raises InvalidRequest for a name or digest that can't be, and for a blob that was not sent.
        """
        files = blob_paths(self.files or {}, store, "files")
        remote = from_json(self.remote) if self.remote else None
        if remote:
            require_encrypted(remote.addresses, insecure=bool(self.insecure))
        if (self.source and files) or not (self.source or files or remote):
            raise InvalidRequest(
                "a model is created either 'from' another model or from 'files': give one of them", param="from"
            )
        parameters = Parameters.from_json(self.parameters or {})
        parameters.check()
        safetensors = any(name.endswith(".safetensors") for name in files)
        if safetensors:
            for name, path in files.items():
                place = folder / name
                place.parent.mkdir(parents=True, exist_ok=True)
                place.symlink_to(path.absolute())
        return Recipe(
            base=ModelName.parse(self.source) if self.source else None,
            files={} if safetensors else files,
            folder=folder if safetensors else None,
            adapters=blob_paths(self.adapters or {}, store, "adapters"),
            drafts=blob_paths(self.draft_files or {}, store, "draft_files"),
            parameters=parameters,
            template=self.template or None,
            system=self.system or None,
            messages=tuple(Example(turn.role, turn.content) for turn in self.messages or ()),
            licenses=(self.license,) if isinstance(self.license, str) else tuple(self.license or ()),
            quantize=self.quantize or self.quantization or None,
            formats={
                name: value
                for name, value in (("renderer", self.renderer), ("parser", self.parser), ("requires", self.requires))
                if value
            },
            remote=remote,
        )


async def create(request: Request) -> Response | ASGIApp:
    """Make a model, and tell each step."""
    body = await read_body(request, CreateBody)
    if body.remote and not is_from_here(request):
        raise Forbidden(
            "Only programs on this machine may create a model that runs on another server, because it can use a key "
            "stored here."
        )
    return await respond(request, steps(body, services_of(request).library), stream=body.stream is not False)


def is_from_here(request: Request) -> bool:
    """Whether whoever asks is on this machine."""
    if request.client is None:  # in this process
        return True
    try:
        address = ip_address(request.client.host)
    except ValueError:
        return request.client.host in ("localhost", "testclient")
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


async def steps(body: CreateBody, library: Library) -> AsyncGenerator[Row, None]:
    """The steps of the work, which is done in a thread."""
    name = body.model_name
    loop = asyncio.get_running_loop()

    async def work(report: Report) -> None:
        def tell(status: str) -> None:
            loop.call_soon_threadsafe(report, Status(status))

        with TemporaryDirectory() as folder:
            await asyncio.to_thread(make, library, name, body.recipe(library.store, Path(folder)), tell)

    async for step in reports(work):
        assert isinstance(step, Status)
        yield {"status": step.message}


def blob_paths(files: Mapping[str, str], store: Store, field: str) -> dict[str, Path]:
    """The blobs of these files. Raises InvalidRequest for a name that leads out of a folder."""
    for name in files:
        path = PurePosixPath(name)
        if not name or path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name:
            raise InvalidRequest(
                f"the name {name!r} in '{field}' has to be a relative path inside the model's folder"
            )
    return {name: store.locate(Digest.parse(digest)) for name, digest in files.items()}
