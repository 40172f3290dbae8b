"""Pipelines of diffusers in the repositories of Hugging Face, whose registry has only models in GGUF."""

from dataclasses import replace
from typing import Any, NamedTuple

import orjson
from yarl import URL

from puna.core.errors import InvalidRequest
from puna.formats.pipeline import INDEX, chosen, index_problem
from puna.library import manifest as media
from puna.library.digest import Digest
from puna.library.manifest import Layer
from puna.library.names import DEFAULT_TAG
from puna.library.pipelines import without_safetensors
from puna.library.registry.client import Repository
from puna.library.registry.errors import RegistryError
from puna.library.staging import Staging

HOSTS = frozenset({"hf.co", "huggingface.co"})
BRANCH = "main"
MOST_SMALL = 64 << 20
"""Bytes of a file that the repository keeps as it is. Weights and other large ones have a digest there."""


class Found(NamedTuple):
    """A file of a repository: where it is, its size, and its digest where the repository says it."""

    path: str
    size: int
    digest: Digest | None


class Hub:
    """What the files of a repository are, and where."""

    def __init__(self, repository: Repository, staging: Staging) -> None:
        self._repository = repository
        self._staging = staging
        name = repository.name
        self._revision = BRANCH if name.tag == DEFAULT_TAG else name.tag

    async def pipeline(self) -> list[Layer] | None:
        """The layers of a pipeline; None where the repository has none. Small files are staged then, for the others
        the repository knows where they are. Raises InvalidRequest for a pipeline that can't be used."""
        if self._repository.name.host.lower() not in HOSTS:
            return None
        files = {found.path: found for found in await self._tree()}
        if INDEX not in files:
            return None
        index = orjson.loads(await self._content(files[INDEX]))
        if problem := index_problem(index):
            raise InvalidRequest(f"{self._repository.name}: {problem}")
        try:
            wanted = chosen({path: found.size for path, found in files.items()}, index)
        except ValueError as error:
            raise without_safetensors(str(error)) from error
        return [await self._layer(name, files[path]) for name, path in sorted(wanted.items())]

    async def _tree(self) -> list[Found]:
        repository = self._repository
        address = repository.site / f"api/models/{repository.name.repository}/tree/{self._revision}"

        async def get() -> Any:
            async with repository.request("GET", address.with_query(recursive="true")) as response:
                if response.status != 200:
                    return []
                return orjson.loads(await response.read())

        entries = await repository.again(get)
        return [found(entry) for entry in entries if entry.get("type") == "file"]

    async def _layer(self, name: str, file: Found) -> Layer:
        """A file as a layer of that name."""
        if file.digest is None:
            content = await self._content(file)
            return Layer(media.FILE, self._staging.add(content), len(content), name=name)
        self._repository.elsewhere[file.digest] = self._address(file)
        return replace(Layer(media.FILE, file.digest, file.size), name=name)

    async def _content(self, file: Found) -> bytes:
        """A small file. Raises RegistryError where it is none."""
        if file.size > MOST_SMALL:
            raise RegistryError(f"{file.path} has {file.size} bytes, but no digest to verify them")

        async def get() -> bytes:
            async with self._repository.request("GET", self._address(file)) as response:
                await self._repository.require(response, 200)
                content = b""
                async for chunk in response.chunks():
                    content += chunk
                    if len(content) > MOST_SMALL:
                        raise RegistryError(f"{file.path} has more bytes than the repository says")
                return content

        return await self._repository.again(get)

    def _address(self, file: Found) -> URL:
        return self._repository.site / f"{self._repository.name.repository}/resolve/{self._revision}/{file.path}"


def found(entry: Any) -> Found:
    """A file as the repository's list has it. Raises RegistryError for what can't be."""
    try:
        large = entry.get("lfs")
        digest = Digest.parse(f"sha256:{large['oid']}") if large else None
        return Found(str(entry["path"]), int(entry["size"]), digest)
    except (KeyError, TypeError, ValueError, InvalidRequest) as error:
        raise RegistryError("the repository's list of files can't be read") from error
