"""An ASGI application in this process: requests that never leave it."""

import asyncio
import concurrent.futures
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, MutableMapping
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from starlette.types import ASGIApp

Message = MutableMapping[str, Any]
Headers = list[tuple[bytes, bytes]]
T = TypeVar("T")


class NotRunning(RuntimeError):
    """Nobody is there to answer: waiting would have no end."""

    def __init__(self) -> None:
        super().__init__("Puna's server was closed, or belongs to the process that this one was forked from.")


class InProcess:
    """An application in an event loop of its own, in a thread. Requests come from any other thread or loop, and the
    application sees a client that hangs up. The thread ends with the process."""

    def __init__(self, application: Callable[[], "AbstractAsyncContextManager[ASGIApp]"], name: str) -> None:
        self._application = application
        self._ready: concurrent.futures.Future[ASGIApp] = concurrent.futures.Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name=name, daemon=True)

    def start(self) -> None:
        """Return when the application is there. Raises what went wrong."""
        self._thread.start()
        self._ready.result()

    def stop(self) -> None:
        """End the application, and with it what is still at work."""
        if self.alive:
            self.loop.call_soon_threadsafe(self._over.set)
            self._thread.join()

    @property
    def app(self) -> "ASGIApp":
        """The application."""
        return self._ready.result()

    @property
    def alive(self) -> bool:
        """Whether requests are answered."""
        return self._thread.is_alive()

    def run(self, work: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Begin something in the application's loop. Raises NotRunning."""
        if not self.alive:
            work.close()
            raise NotRunning
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def begin(self, scope: Message, exchange: "Exchange") -> concurrent.futures.Future[None]:
        """Have a request answered; its messages go to the exchange. Raises NotRunning."""
        working = self.run(self._answer(scope, exchange))
        working.add_done_callback(exchange.end)
        return working

    def hang_up(self, exchange: "Exchange", working: concurrent.futures.Future[None]) -> None:
        """Nothing more of an answer is wanted."""
        if not working.done():
            self.loop.call_soon_threadsafe(exchange.gone.set)

    async def _answer(self, scope: Message, exchange: "Exchange") -> None:
        await self.app(scope, exchange.receive, exchange.send)

    async def _run(self) -> None:
        self.loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        try:
            async with self._application() as app:
                self._ready.set_result(app)
                await self._over.wait()
        except BaseException as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)


class Exchange:
    """One request on its way in, and its answer on its way out.

    `put` takes the messages of the answer, in the application's thread: None, or what went wrong, is the last.
    """

    def __init__(
        self, body: Iterator[bytes] | AsyncIterator[bytes], put: Callable[[Message | BaseException | None], None]
    ) -> None:
        self._body = body
        self._put = put
        self._complete = False
        self.gone = asyncio.Event()

    async def receive(self) -> Message:
        """ASGI's `receive`."""
        if self._complete:
            await self.gone.wait()
            return {"type": "http.disconnect"}
        chunk = await anext(self._body, None) if isinstance(self._body, AsyncIterator) else next(self._body, None)
        self._complete = chunk is None
        return {"type": "http.request", "body": chunk or b"", "more_body": not self._complete}

    async def send(self, message: Message) -> None:
        """ASGI's `send`."""
        self._put(message)

    def end(self, working: concurrent.futures.Future[None]) -> None:
        """The application is done with the request."""
        self._put(None if working.cancelled() else working.exception())


def scope_of(method: str, path: str, *, query: bytes = b"", headers: Headers | None = None) -> Message:
    """A request as ASGI describes it."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "headers": [(b"host", b"localhost")] if headers is None else headers,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "server": ("localhost", 0),
        "client": ("127.0.0.1", 0),
        "root_path": "",
        "state": {},
    }
