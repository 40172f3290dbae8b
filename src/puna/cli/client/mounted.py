"""The native API in this process: requests that never leave it."""

import concurrent.futures
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Self

from starlette.types import ASGIApp

from puna.cli.client.transport import Body
from puna.http.inprocess import Exchange, InProcess, Message, scope_of
from puna.settings import Settings

if TYPE_CHECKING:
    from puna.inference.inference import Inference
    from puna.library.library import Library


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
    from puna.assembly import create_inference

    return create_inference(settings, library)


class Mounted:
    """Answers with an application in an event loop of its own, in a thread: Ctrl-C interrupts the command, and the
    application sees a client that hangs up."""

    def __init__(self, application: Callable[[], AbstractAsyncContextManager[ASGIApp]]) -> None:
        self._core = InProcess(application, "native API")

    def __enter__(self) -> Self:
        self._core.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._core.stop()

    @contextmanager
    def request(self, method: str, path: str, body: Body = None) -> Iterator["MountedAnswer"]:
        """One request; leaving the context early is hanging up."""
        messages: SimpleQueue[Message | BaseException | None] = SimpleQueue()
        chunks: Iterable[bytes] = [body] if isinstance(body, bytes) else body or ()
        exchange = Exchange(iter(chunks), messages.put)
        working = self._core.begin(scope_of(method, path), exchange)
        try:
            start = checked(messages.get())
            if start is None:
                raise RuntimeError(f"the application gave no answer to {method} {path}")
            yield MountedAnswer(start["status"], messages)
        finally:
            self._core.loop.call_soon_threadsafe(exchange.gone.set)
            concurrent.futures.wait([working])


class MountedAnswer:
    """An answer while it comes."""

    def __init__(self, status: int, messages: SimpleQueue[Message | BaseException | None]) -> None:
        self.status = status
        self._messages = messages

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
        while (message := checked(self._messages.get())) is not None:
            yield message.get("body", b"")
            if not message.get("more_body", False):
                return


def checked(message: Message | BaseException | None) -> Message | None:
    """A message of an answer; raises what went wrong in its place."""
    if isinstance(message, BaseException):
        raise message
    return message
