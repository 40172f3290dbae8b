"""HEAD and POST /api/blobs/{digest}: the files that a model is created from."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor

from starlette.requests import Request
from starlette.responses import Response

from puna.api.services import services_of
from puna.core.errors import InvalidRequest
from puna.http.json import JSONResponse
from puna.library.digest import Digest
from puna.library.errors import WrongDigest

UPLOADS = ThreadPoolExecutor(32, thread_name_prefix="upload")
"""Threads of their own: they wait for clients, and what else is done in threads must not wait for them."""


async def head(request: Request) -> Response:
    """Whether the blob is there."""
    digest = Digest.parse(request.path_params["digest"])
    library = services_of(request).library
    if library.store.has(digest):
        return Response()
    return JSONResponse({"error": f"blob '{digest}' not found"}, 404)


async def create(request: Request) -> Response:
    """Take a blob, and keep it if it is what its digest says."""
    digest = Digest.parse(request.path_params["digest"])
    library = services_of(request).library
    if library.store.has(digest):
        return Response()
    chunks = from_loop(request.stream(), asyncio.get_running_loop())
    try:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(UPLOADS, library.store.staging.add_stream, chunks, digest)
    except WrongDigest as error:
        raise InvalidRequest(error.message) from error
    return Response(status_code=201)


def from_loop(chunks: AsyncIterator[bytes], loop: asyncio.AbstractEventLoop) -> Iterator[bytes]:
    """What arrives in an event loop, for a thread to read."""

    async def following() -> bytes:
        return await anext(chunks, b"")

    while chunk := asyncio.run_coroutine_threadsafe(following(), loop).result():
        yield chunk
