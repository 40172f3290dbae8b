"""A registry that can be told to misbehave. One that behaves is Debian's docker-registry."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from aiohttp import web

from puna.library.digest import Digest
from puna.library.manifest import CONFIG, WEIGHTS, Layer, Manifest

_PIECE = 1 << 16


@dataclass
class Server:
    """Serves the manifests and blobs that it is given. The fields after the third let it misbehave."""

    manifests: dict[str, bytes] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    address: str = ""
    unavailable: int = 0  # how many requests are answered with 503
    stops: list[int] = field(default_factory=list)  # after how many bytes the next answers break off
    ignores_ranges: bool = False
    total: int | None = None  # the size that Content-Range gives
    surplus: bytes = b""  # what follows a blob that was sent whole
    redirect: Callable[[web.Request], str | None] = lambda request: None
    token: str | None = None  # what a client has to authorise itself with
    realm: str = "/token"
    sent: Callable[[int], None] = lambda count: None
    requests: list[web.Request] = field(default_factory=list)

    def offer(self, name: str, *contents: bytes) -> Manifest:
        """Put a model there; the first content is its config."""
        layers = [Layer(WEIGHTS, Digest.of(content), len(content)) for content in contents]
        for layer, content in zip(layers, contents, strict=True):
            self.blobs[str(layer.digest)] = content
        config = Layer(CONFIG, layers[0].digest, layers[0].size)
        made = Manifest.of(config, layers[1:])
        self.manifests[name] = made.raw
        return made

    def asked(self, path: str) -> list[web.Request]:
        return [request for request in self.requests if f"/{path}/" in request.path]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        if self.unavailable:
            self.unavailable -= 1
            return web.Response(status=503)
        if request.path == "/token":
            return web.json_response({"token": self.token, "query": dict(request.query)})
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            challenge = f'Bearer realm="{self.realm}",service="test",scope="repository:me/m:pull"'
            return web.Response(status=401, headers={"WWW-Authenticate": challenge})
        if location := self.redirect(request):
            return web.Response(status=307, headers={"Location": location})
        return await self._content(request)

    async def _content(self, request: web.Request) -> web.StreamResponse:
        kind, reference = request.path.rsplit("/", 2)[-2:]
        if kind == "manifests" and reference in self.manifests:
            return web.Response(body=self.manifests[reference])
        if kind == "blobs" and reference in self.blobs:
            return await self._blob(request, self.blobs[reference])
        return web.json_response({"errors": [{"code": "UNKNOWN", "message": "there is no such thing"}]}, status=404)

    async def _blob(self, request: web.Request, content: bytes) -> web.StreamResponse:
        total = self.total if self.total is not None else len(content)
        response = web.StreamResponse()
        if "Range" in request.headers and not self.ignores_ranges:
            first, last = map(int, request.headers["Range"].removeprefix("bytes=").split("-"))
            content = content[first : last + 1]
            headers = {"Content-Range": f"bytes {first}-{last}/{total}"}
            response = web.StreamResponse(status=206, headers=headers)
        body = content + self.surplus
        stop_after = self.stops.pop(0) if self.stops else len(body)
        if not self.surplus:
            response.content_length = len(body)
        await response.prepare(request)
        for start in range(0, min(stop_after, len(body)), _PIECE):
            piece = body[start : min(start + _PIECE, stop_after)]
            await response.write(piece)
            self.sent(len(piece))
        if stop_after < len(body) and request.transport:
            request.transport.close()
        return response


@asynccontextmanager
async def serving(server: Server, host: str = "127.0.0.1") -> AsyncIterator[Server]:
    """Let it listen on a port of the system's choice."""
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, host, 0)
    await site.start()
    server.address = f"{host}:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await asyncio.wait_for(runner.cleanup(), 60)


@contextmanager
def serving_in_thread() -> Iterator[Server]:
    """A registry in a thread, as clients in other processes need it."""
    server, loop = Server(), asyncio.new_event_loop()
    ready, over = threading.Event(), asyncio.Event()

    async def run() -> None:
        async with serving(server):
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    ready.wait(timeout=60)
    yield server
    loop.call_soon_threadsafe(over.set)
    thread.join(timeout=60)
    loop.close()
