"""The native API in this process: requests that never leave it."""

import asyncio
import concurrent.futures
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, MutableMapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Self

from starlette.types import ASGIApp

from puna.cli.client.transport import Body
from puna.settings import Settings

if TYPE_CHECKING:
    from puna.inference.inference import Inference
    from puna.library.library import Library

Message = MutableMapping[str, Any]


@asynccontextmanager
async def native_api(settings: Settings) -> AsyncIterator[ASGIApp]:
    """The native API alone, and nothing of it that no request has needed yet."""
    from puna.api.ollama.application import DIALECT
    from puna.api.services import Services

    services = Services(settings, partial(with_engines, settings))
    try:
        yield DIALECT.application(services)
    finally:
        await services.close()


def with_engines(settings: Settings, library: "Library") -> "Inference":
    """What a command needs when a model has to run: the rest of the server is imported only then."""
    from puna.server import create_inference

    return create_inference(settings, library)


class Mounted:
    """Answers with an application in an event loop of its own, in a thread: Ctrl-C interrupts the command, and the
    application sees a client that hangs up."""

    def __init__(self, application: Callable[[], AbstractAsyncContextManager[ASGIApp]]) -> None:
        self._application = application
        self._ready: concurrent.futures.Future[ASGIApp] = concurrent.futures.Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="native API")

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.result()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    async def _run(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        try:
            async with self._application() as app:
                self._ready.set_result(app)
                await self._over.wait()
        except BaseException as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)

    @contextmanager
    def request(self, method: str, path: str, body: Body = None) -> Iterator["MountedAnswer"]:
        """One request; leaving the context early is hanging up."""
        exchange = Exchange(body)
        working = asyncio.run_coroutine_threadsafe(self._answer(scope(method, path), exchange), self._loop)
        working.add_done_callback(lambda _: exchange.sent.put(None))
        try:
            start = exchange.sent.get()
            if start is None:
                working.result()  # raises what went wrong
                raise RuntimeError(f"the application gives no answer to {method} {path}")
            yield MountedAnswer(start["status"], exchange, working)
        finally:
            self._loop.call_soon_threadsafe(exchange.gone.set)
            concurrent.futures.wait([working])

    async def _answer(self, scope: Message, exchange: "Exchange") -> None:
        await self._ready.result()(scope, exchange.receive, exchange.send)


class Exchange:
    """One request on its way in, and the messages of its answer on their way out."""

    def __init__(self, body: Body) -> None:
        chunks: Iterable[bytes] = [body] if isinstance(body, bytes) else body or ()
        self._chunks = iter(chunks)
        self._complete = False
        self.sent: SimpleQueue[Message | None] = SimpleQueue()
        self.gone = asyncio.Event()

    async def receive(self) -> Message:
        if self._complete:
            await self.gone.wait()
            return {"type": "http.disconnect"}
        chunk = next(self._chunks, None)
        self._complete = chunk is None
        return {"type": "http.request", "body": chunk or b"", "more_body": not self._complete}

    async def send(self, message: Message) -> None:
        self.sent.put(message)


class MountedAnswer:
    """An answer while it comes."""

    def __init__(self, status: int, exchange: Exchange, working: concurrent.futures.Future[None]) -> None:
        self.status = status
        self._exchange = exchange
        self._working = working

    def read(self) -> bytes:
        return b"".join(self._pieces())

    def __iter__(self) -> Iterator[bytes]:
        rest = b""
        for piece in self._pieces():
            *lines, rest = (rest + piece).split(b"\n")
            yield from lines
        if rest:
            yield rest

    def _pieces(self) -> Iterator[bytes]:
        while (message := self._exchange.sent.get()) is not None:
            yield message.get("body", b"")
            if not message.get("more_body", False):
                return
        self._working.result()  # raises what went wrong


def scope(method: str, path: str) -> Message:
    """A request as ASGI describes it."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "headers": [(b"host", b"localhost")],
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "server": ("localhost", 0),
        "client": ("127.0.0.1", 0),
        "root_path": "",
    }
