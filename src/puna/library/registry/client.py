"""One repository of a registry, and what can be asked of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self, TypeVar

import orjson
from yarl import URL

from puna.core.errors import InvalidRequest, ModelNotFound
from puna.library.digest import Digest
from puna.library.manifest import MEDIA_TYPE, Manifest
from puna.library.names import ModelName
from puna.library.registry.credentials import Credentials
from puna.library.registry.errors import Interrupted, RegistryError, Unreachable
from puna.library.registry.transport import Response, Transport

_TRIES = 6
_TRIES_UNANSWERED = 2
_T = TypeVar("_T")


class Repository:
    """The repository that a model's name stands for, over one session.

    `pause` is the time in seconds before the first further try; it doubles each time. `site` is where the registry
    is, and `elsewhere` says which blobs are at an address of their own.
    """

    def __init__(
        self,
        name: ModelName,
        *,
        insecure: bool = False,
        credentials: Credentials | None = None,
        pause: float = 0.5,
    ) -> None:
        self.name = name
        self._pause = pause
        self.site = URL(f"{_scheme(name, insecure)}://{name.host}")
        self.elsewhere: dict[Digest, URL] = {}
        self._root = self.site / f"v2/{name.repository}/"
        self._transport = Transport(credentials or Credentials.of_environment())

    async def __aenter__(self) -> Self:
        await self._transport.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.__aexit__(kind, error, trace)

    async def manifest(self) -> Manifest:
        """The manifest of the name. Raises ModelNotFound, RegistryError."""
        reference = str(self.name.digest) if self.name.digest else self.name.tag

        async def get() -> Manifest:
            async with self.request("GET", f"manifests/{reference}", {"Accept": MEDIA_TYPE}) as response:
                if response.status == 404:
                    raise ModelNotFound(
                        str(self.name), f"model '{self.name}' is not in the registry {self.name.host}"
                    )
                await self.require(response, 200)
                return Manifest(await response.read())

        manifest = await self.again(get)
        if self.name.digest and manifest.digest != self.name.digest:
            raise RegistryError(f"{self.name.host} sent the manifest {manifest.digest} instead of {self.name.digest}")
        return manifest

    def address(self, digest: Digest) -> str | URL:
        """Where a blob is."""
        return self.elsewhere.get(digest, f"blobs/{digest}")

    async def has(self, digest: Digest) -> bool:
        """Whether the registry has a blob. Raises RegistryError."""

        async def head() -> bool:
            async with self.request("HEAD", f"blobs/{digest}") as response:
                if response.status != 404:
                    await self.require(response, 200)
                return response.status == 200

        return await self.again(head)

    @asynccontextmanager
    async def request(
        self,
        method: str,
        path: str | URL,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> AsyncIterator[Response]:
        """One request below the repository's address, or to a full address that the registry gave."""
        url = path if isinstance(path, URL) else self._root.join(URL(path, encoded=True))
        async with self._transport.request(method, url, headers, body) as response:
            yield response

    async def require(self, response: Response, *statuses: int) -> None:
        """Raises RegistryError with the registry's own words, where the status is none of these."""
        if response.status in statuses:
            return
        if response.status in (401, 403):
            raise RegistryError(
                f"{self.name.host} refuses access to {self.name.repository}; "
                "log in with 'docker login', or set HF_TOKEN for Hugging Face"
            )
        raise RegistryError(f"{self.name.host} answers {response.status}: {_words(await response.read())}")

    async def again(self, work: Callable[[], Awaitable[_T]], progress: Callable[[], int] = lambda: 0) -> _T:
        """Do what may be interrupted, a few times if need be. Raises its last error.

        Tries are counted from the last one that got any further, by what `progress` says.
        """
        tries, reached = 0, progress()
        while True:
            try:
                return await work()
            except Interrupted as error:
                tries = tries + 1 if progress() == reached else 1
                reached = progress()
                if tries >= (_TRIES_UNANSWERED if isinstance(error, Unreachable) else _TRIES):
                    raise
                await asyncio.sleep(self._pause * 2 ** (tries - 1))


def _scheme(name: ModelName, insecure: bool) -> str:
    scheme = name.scheme or ("http" if insecure else "https")
    if scheme == "http" and not insecure:
        raise InvalidRequest(f"'http://{name.host}' is not encrypted; add --insecure if that is what you want")
    return scheme


def _words(body: bytes) -> str:
    """What a registry's error says: its messages, or the begin of its text."""
    try:
        return "; ".join(str(error["message"]) for error in orjson.loads(body)["errors"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return body[:200].decode(errors="replace").strip() or "no reason given"
