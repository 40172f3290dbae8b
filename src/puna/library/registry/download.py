"""Fetching one blob, in ranges, several at a time."""

import asyncio
import re
from collections import deque

from puna.library.digest import Digest
from puna.library.errors import StoreFailed, storing
from puna.library.manifest import Layer
from puna.library.registry.client import Repository
from puna.library.registry.errors import Interrupted, RegistryError
from puna.library.registry.partial import BLOCK, Partial
from puna.library.registry.progress import Report, Transfer
from puna.library.registry.transport import Response
from puna.library.staging import Staging

_STREAMS = 4  # ranges that are fetched at the same time
_RANGE = 64 << 20  # bytes of one request, at most
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


async def download(repository: Repository, layer: Layer, staging: Staging, report: Report) -> None:
    """Stage a blob, going on where an earlier try ended.

    Raises Interrupted where the registry stays out of reach, and keeps what came. Raises RegistryError where
    it is not what the manifest says, and StoreFailed where the disk refuses; then nothing is kept.
    """
    with storing(staging.folder), Partial(staging.partial(layer.digest), layer.size) as partial:
        try:
            await _Download(repository, layer, partial, report).run()
            partial.sync()
        except Interrupted:
            raise
        except (RegistryError, OSError, StoreFailed):
            partial.discard()
            raise
        partial.finish(staging.path(layer.digest))


class _Download:
    def __init__(self, repository: Repository, layer: Layer, partial: Partial, report: Report) -> None:
        self._repository = repository
        self._host = repository.name.host
        self._layer = layer
        self._partial = partial
        self._report = report
        self._waiting: deque[range] = deque()
        self._streams = asyncio.Semaphore(_STREAMS)

    async def run(self) -> None:
        await self._repository.again(self._fetch, lambda: self._partial.completed)
        digest = await asyncio.to_thread(Digest.of_file, self._partial.path)
        if digest != self._layer.digest:
            raise RegistryError(f"{self._host} sent content for {self._layer.digest} whose digest is {digest}")

    async def _fetch(self) -> None:
        """Fetch all that is missing, in shares that keep every stream busy."""
        missing = self._layer.size - self._partial.completed
        share = -(-missing // (_STREAMS * BLOCK)) * BLOCK
        self._waiting = deque(self._partial.missing(most=min(share, _RANGE)))
        try:
            async with asyncio.TaskGroup() as group:
                streams = [group.create_task(self._stream()) for _ in self._waiting]
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from errors
        for stream in streams:
            if interruption := stream.result():
                raise interruption

    async def _stream(self) -> Interrupted | None:
        """Fetch ranges. An interruption ends this stream and not the others, which lose nothing that way."""
        async with self._streams:
            if self._waiting:
                try:
                    await self._range(self._waiting.popleft())
                except Interrupted as interruption:
                    self._waiting.clear()
                    return interruption
        return None

    async def _range(self, wanted: range) -> None:
        headers = {"Range": f"bytes={wanted.start}-{wanted.stop - 1}"}
        async with self._repository.request("GET", self._repository.address(self._layer.digest), headers) as response:
            await self._repository.require(response, 200, 206)
            await self._keep(response, wanted, self._begin(response, wanted))

    def _begin(self, response: Response, wanted: range) -> int:
        """Where in the blob the body begins. Raises RegistryError where that can't be."""
        if response.status == 200:
            length = response.headers.get("Content-Length")
            if length is not None and int(length) != self._layer.size:
                raise self._lie(length)
            return 0
        match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if match is None or int(match[1]) != wanted.start or int(match[2]) >= wanted.stop:
            raise RegistryError(f"{self._host} sent another range of {self._layer.digest} than requested")
        if match[3] not in ("*", str(self._layer.size)):
            raise self._lie(match[3])
        return wanted.start

    async def _keep(self, response: Response, wanted: range, at: int) -> None:
        """Write the wanted part of a body, block by block."""
        buffer = bytearray()
        start = wanted.start
        async for chunk in response.chunks():
            buffer += chunk[max(0, wanted.start - at) :]
            at += len(chunk)
            while len(buffer) >= BLOCK or (buffer and start + len(buffer) == wanted.stop):
                self._write(start, bytes(buffer[:BLOCK]), wanted)
                start += min(BLOCK, len(buffer))
                del buffer[:BLOCK]
                if start == wanted.stop and wanted.stop < self._layer.size and response.status == 200:
                    return  # the rest of a whole blob that was not asked for
            if start + len(buffer) > wanted.stop:
                raise RegistryError(f"{self._host} sent more of {self._layer.digest} than requested")
        if start < wanted.stop:
            raise Interrupted(f"{self._host} stopped in the middle of {self._layer.digest}")

    def _write(self, start: int, content: bytes, wanted: range) -> None:
        if start >= wanted.stop:
            raise RegistryError(f"{self._host} sent more of {self._layer.digest} than requested")
        self._partial.write(start // BLOCK, content)
        self._report(Transfer(self._layer.digest, self._layer.size, self._partial.completed))

    def _lie(self, size: str) -> RegistryError:
        return RegistryError(f"{self._layer.digest} has {size} bytes, but the manifest says {self._layer.size}")
