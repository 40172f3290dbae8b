"""Pulling a model."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from puna.core.errors import InvalidRequest, ModelNotFound, megabytes
from puna.formats.pipeline import INDEX, instead_of_tensors
from puna.library.errors import StoreFailed, UnknownLayout
from puna.library.library import Library
from puna.library.manifest import CONFIG, DOCUMENT, REMOTE, Layer, Manifest
from puna.library.names import ModelName
from puna.library.pipelines import pipeline_config
from puna.library.registry.client import Repository
from puna.library.registry.credentials import Credentials
from puna.library.registry.download import download
from puna.library.registry.errors import RegistryError
from puna.library.registry.hub import Hub
from puna.library.registry.progress import Progress, Report, Status, Transfer, reports
from puna.library.requirement import unmet
from puna.library.translating import translate

_LOOK_AGAIN = 0.2  # seconds between looks at a blob that somebody else is fetching


def pull(
    library: Library,
    name: ModelName,
    *,
    insecure: bool = False,
    credentials: Credentials | None = None,
    pause: float = 0.5,
) -> AsyncIterator[Progress]:
    """Bring a model here from its registry, and tell how it goes. What came of an interrupted pull is kept.

    Raises ModelNotFound, RegistryError, InvalidManifest and StoreFailed; the models are then as they were. The
    bundled model is as new as Puna is: nothing has to come. Without `insecure` only encrypted registries are asked.
    `pause` is the time in seconds before a further try, which doubles each time.
    """
    if library.is_bundled(name):
        return already_there()
    repository = Repository(name, insecure=insecure, credentials=credentials, pause=pause)

    async def work(report: Report) -> None:
        async with repository:
            await _Pull(library, repository, report).run()

    return reports(work)


async def already_there() -> AsyncIterator[Progress]:
    """The steps of a pull that has nothing to do."""
    yield Status("pulling manifest")
    yield Status("success")


class _Pull:
    def __init__(self, library: Library, repository: Repository, report: Report) -> None:
        self._library = library
        self._store = library.store
        self._repository = repository
        self._report = report

    async def run(self) -> None:
        self._report(Status("pulling manifest"))
        try:
            manifest = await self._repository.manifest()
        except (ModelNotFound, RegistryError):
            layers = await Hub(self._repository, self._store.staging).pipeline()
            if layers is None:
                raise
            await self._pipeline(layers)
            return
        await self._refuse_tensors(manifest)
        if manifest.of_type(REMOTE):
            raise RegistryError(
                "this model runs on another server and would use a key of yours: create it from a Modelfile instead"
            )
        if not self._is_there(manifest):
            blobs = {layer.digest: layer for layer in manifest.blobs}.values()
            self._require_room(layer for layer in blobs if not self._has(layer))
            for layer in blobs:
                await self._blob(layer)
            self._report(Status("writing manifest"))
            await asyncio.to_thread(self._library.commit, self._repository.name, manifest)
        await self._translate()
        self._warn()
        self._report(Status("success"))

    async def _pipeline(self, layers: list[Layer]) -> None:
        """Fetch a pipeline, and write the manifest that its repository does not have."""
        self._require_room(layer for layer in layers if not self._has(layer))
        for layer in layers:
            await self._blob(layer)
        files = {layer.name: self._store.locate(layer.digest) for layer in layers}
        config = pipeline_config(files).encode(str(layer.digest) for layer in layers)
        config_layer = Layer(CONFIG, self._store.staging.add(config), len(config))
        self._report(Status("writing manifest"))
        manifest = Manifest.of(config_layer, layers)
        await asyncio.to_thread(self._library.commit, self._repository.name, manifest)
        self._report(Status("success"))

    async def _refuse_tensors(self, manifest: Manifest) -> None:
        """Raises InvalidRequest for a model that makes images in Ollama's layout, before all of it is here."""
        indexes = [layer for layer in manifest.of_type(DOCUMENT) if layer.name == INDEX]
        for layer in indexes:
            await self._blob(layer)
            raise InvalidRequest(instead_of_tensors({INDEX: self._store.locate(layer.digest)}))

    def _warn(self) -> None:
        """Say so where the model is for a newer Ollama than Puna knows."""
        problem = unmet(self._library.get(self._repository.name).config.requires)
        if problem:
            self._report(Status(f"warning: this model {problem}"))

    async def _translate(self) -> None:
        """Make what engines read where the model is in Ollama's layout, rather than at its first request."""
        loop = asyncio.get_running_loop()

        def tell(progress: Progress) -> None:
            loop.call_soon_threadsafe(self._report, progress)

        try:
            await asyncio.to_thread(translate, self._library.get(self._repository.name), tell)
        except UnknownLayout as error:
            self._report(Status(str(error)))

    def _is_there(self, manifest: Manifest) -> bool:
        try:
            known = self._library.get(self._repository.name)
        except ModelNotFound:
            return False
        return known.manifest.digest == manifest.digest and all(self._has(layer) for layer in manifest.blobs)

    def _has(self, layer: Layer) -> bool:
        return self._store.size(layer.digest) == layer.size

    def _require_room(self, layers: Iterable[Layer]) -> None:
        """Raises StoreFailed before anything is fetched that has no room."""
        folder = self._store.staging.folder
        folder.mkdir(parents=True, exist_ok=True)
        needed, free = sum(layer.size for layer in layers), shutil.disk_usage(folder).free
        if needed > free:
            message = (
                f"the model needs {megabytes(needed)} more, but only {megabytes(free)} are free where models are kept"
            )
            raise StoreFailed(message, full=True)

    async def _blob(self, layer: Layer) -> None:
        self._report(Transfer(layer.digest, layer.size, 0))
        if not self._has(layer):
            async with _alone(self._store.staging.partial(layer.digest)):
                if not self._has(layer):  # somebody else may have fetched it meanwhile
                    await download(self._repository, layer, self._store.staging, self._report)
        self._report(Transfer(layer.digest, layer.size, layer.size))


@asynccontextmanager
async def _alone(path: Path) -> AsyncIterator[None]:
    """Wait until nobody else, in this process or another, fetches to that file."""
    lock = FileLock(path.with_name(path.name + ".lock"), thread_local=False)
    async with AsyncExitStack() as stack:
        while True:
            try:
                lock.acquire(blocking=False)
            except Timeout:
                await asyncio.sleep(_LOOK_AGAIN)
            else:
                break
        stack.callback(lock.release)
        yield
