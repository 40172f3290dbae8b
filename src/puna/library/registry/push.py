"""Pushing a model."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from yarl import URL

from puna.core.errors import InvalidRequest
from puna.library.library import Library
from puna.library.manifest import MEDIA_TYPE, WEIGHTS, Layer
from puna.library.model import Model
from puna.library.names import ModelName
from puna.library.registry.client import Repository
from puna.library.registry.credentials import Credentials
from puna.library.registry.progress import Progress, Report, Status, Transfer, reports
from puna.library.registry.transport import Response

_CHUNK = 16 << 20  # bytes of one request


def push(
    library: Library,
    name: ModelName,
    *,
    insecure: bool = False,
    credentials: Credentials | None = None,
    pause: float = 0.5,
) -> AsyncIterator[Progress]:
    """Bring a model to the registry of its name, and tell how it goes. What is there is not sent.

    Raises ModelNotFound, RegistryError and DamagedModel. `insecure` and `pause` are as for `pull`.
    """
    model = library.get(name)
    if model.remote:
        raise InvalidRequest(f"model '{name}' runs on another server; share its Modelfile instead", param="model")
    repository = Repository(name, insecure=insecure, credentials=credentials, pause=pause)

    async def work(report: Report) -> None:
        async with repository:
            await _Push(model, repository, report).run()

    return reports(work)


class _Push:
    def __init__(self, model: Model, repository: Repository, report: Report) -> None:
        self._model = model
        self._repository = repository
        self._report = report

    async def run(self) -> None:
        self._report(Status("retrieving manifest"))
        for layer in {layer.digest: layer for layer in self._model.manifest.blobs}.values():
            self._report(Transfer(layer.digest, layer.size, 0))
            if not await self._repository.has(layer.digest):
                await self._repository.again(lambda layer=layer: self._upload(layer))  # type: ignore[misc]
            self._report(Transfer(layer.digest, layer.size, layer.size))
        self._report(Status("pushing manifest"))
        await self._repository.again(self._manifest)
        self._report(Status("success"))

    async def _upload(self, layer: Layer) -> None:
        async with self._repository.request("POST", "blobs/uploads/", {"Content-Length": "0"}) as response:
            await self._repository.require(response, 202)
            location = _location(response)
        for start in range(0, layer.size, _CHUNK):
            content = await asyncio.to_thread(self._read, layer, start)
            headers = {
                "Content-Type": "application/octet-stream",
                "Content-Range": f"{start}-{start + len(content) - 1}",
            }
            async with self._repository.request("PATCH", location, headers, content) as response:
                await self._repository.require(response, 202)
                location = _location(response)
            self._report(Transfer(layer.digest, layer.size, start + len(content)))
        done = location.update_query(digest=str(layer.digest))
        async with self._repository.request("PUT", done, {"Content-Length": "0"}) as response:
            await self._repository.require(response, 201, 204)

    async def _manifest(self) -> None:
        name, manifest = self._repository.name, self._model.manifest
        headers = {"Content-Type": MEDIA_TYPE}
        async with self._repository.request("PUT", f"manifests/{name.tag}", headers, manifest.raw) as response:
            await self._repository.require(response, 200, 201, 204)

    def _read(self, layer: Layer, start: int) -> bytes:
        path = self._path(layer)
        if path is None:
            return self._model.blobs.read(layer.digest)[start : start + _CHUNK]
        with path.open("rb") as file:
            file.seek(start)
            return file.read(_CHUNK)

    def _path(self, layer: Layer) -> Path | None:
        """The blob's file; None for the bundled model's config, which is none."""
        if self._model.bundled and layer.media_type != WEIGHTS:
            return None
        return self._model.blobs.path(layer.digest)


def _location(response: Response) -> URL:
    return response.url.join(URL(response.headers["Location"], encoded=True))
