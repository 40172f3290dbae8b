"""The process that draws: `python -m puna.engines.images.runner`.

Serves `/images` and `/health` to who has the key. torch and diffusers are imported here, and nowhere else.
"""

import os

# Nothing is looked for on any hub: all files are there.
os.environ |= {"HF_HUB_OFFLINE": "1", "DIFFUSERS_VERBOSITY": "error", "TRANSFORMERS_VERBOSITY": "error"}

import asyncio
import base64
import socket
import sys
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from puna.core.images import ImageRequest
from puna.engines.images.arguments import ImageArguments
from puna.engines.images.painter import Cancelled, Painter, Refused, Tell
from puna.engines.process.child import Parent

Handler = Callable[[Request], Awaitable[Response]]


class Studio:
    """A painter, and the one thread in which it works."""

    def __init__(self, painter: Painter) -> None:
        self._painter = painter
        self._thread = ThreadPoolExecutor(1)

    async def draw(self, request: ImageRequest) -> AsyncGenerator[dict[str, Any], None]:
        """What is told of the work. Closing the iterator ends the work with the step that it is at."""
        loop = asyncio.get_running_loop()
        told: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        left = threading.Event()

        def tell(event: dict[str, Any]) -> None:
            if left.is_set():
                raise Cancelled
            loop.call_soon_threadsafe(told.put_nowait, event)

        working = loop.run_in_executor(self._thread, self._work, request, tell)
        working.add_done_callback(lambda _: told.put_nowait(None))
        try:
            while (event := await told.get()) is not None:
                yield event
            await working
        finally:
            left.set()

    def _work(self, request: ImageRequest, tell: Tell) -> None:
        with suppress(Cancelled):
            self._painter.draw(request, tell)


def application(painter: Painter, key: str) -> Starlette:
    """What the parent asks."""
    studio = Studio(painter)

    async def images(request: Request) -> Response:
        fields = orjson.loads(await request.body())
        order = ImageRequest(**{**fields, "size": tuple(fields["size"]) if fields["size"] else None})
        try:
            painter.check(order)
        except Refused as error:
            return Response(orjson.dumps({"error": error.body}), 400, media_type="application/json")
        return StreamingResponse(lines(studio.draw(order)), media_type="text/event-stream")

    async def health(_: Request) -> Response:
        return Response(b'{"status":"ok"}', media_type="application/json")

    def guarded(handler: Handler) -> Handler:
        async def handle(request: Request) -> Response:
            if request.headers.get("authorization") != f"Bearer {key}":
                return Response(b'{"error":{"message":"wrong key"}}', 401, media_type="application/json")
            return await handler(request)

        return handle

    return Starlette(routes=[Route("/images", guarded(images), methods=["POST"]), Route("/health", guarded(health))])


async def lines(events: AsyncGenerator[dict[str, Any], None]) -> AsyncGenerator[bytes, None]:
    """The events as a stream; an error is the last of them."""
    try:
        async for event in events:
            data = {"data": base64.b64encode(event["data"]).decode()} if "data" in event else {}
            yield b"data: " + orjson.dumps(event | data) + b"\n\n"
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        yield b"data: " + orjson.dumps({"error": failure(error)}) + b"\n\n"
    finally:
        await events.aclose()


def failure(error: Exception) -> dict[str, Any]:
    """What is told of an error in the middle of the work."""
    if isinstance(error, Refused):
        return error.body
    return {"message": f"the picture could not be made: {type(error).__name__}: {error}"[:500]}


def main() -> None:
    parent = Parent()
    order, key = parent.order()
    threading.Thread(target=leave_with, args=(parent,), daemon=True).start()
    try:
        painter = Painter(ImageArguments.from_json(order))
    except Exception as error:  # whatever a stranger's files make diffusers say
        sys.exit(f"{type(error).__name__}: {error}")
    place = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application(painter, key), log_level="warning"))
    place.listen()
    parent.announce(f"http://127.0.0.1:{place.getsockname()[1]}")
    server.run(sockets=[place])


def leave_with(parent: Parent) -> None:
    parent.wait()
    os._exit(0)


if __name__ == "__main__":
    main()
