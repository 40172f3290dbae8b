"""The one client of the native API that all commands use."""

import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx2
import orjson
from starlette.types import ASGIApp

from puna.access import is_loopback
from puna.cli.mounted import Mounted
from puna.core.errors import PunaError
from puna.settings import Settings

CONNECT_SECONDS = 30.0
PROBE_SECONDS = 2.0
"""How long a server may take to accept a connection before it counts as not there."""
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where a server listens, a client can't connect to


class CommandFailed(PunaError):
    """The server's answer is an error, of that HTTP `status` where it has one, or it can't be reached."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Client:
    """Asks the server, or where none is up this process itself: the same requests, the same answers."""

    def __init__(self, http: httpx2.AsyncClient, *, local: bool) -> None:
        self._http = http
        self.local = local

    async def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One request and its whole answer. Raises CommandFailed."""
        with_body = {} if body is None else {"json": body}
        try:
            response = await self._http.request(method, path, **with_body)  # type: ignore[arg-type]
        except httpx2.HTTPError as error:
            raise unreachable(error) from error
        if response.is_error:
            raise failure(response)
        answer: dict[str, Any] = orjson.loads(response.content or b"{}")
        return answer

    async def stream(self, path: str, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """One request and the lines of its answer. Raises CommandFailed, also for an error in the middle."""
        try:
            async with self._http.stream("POST", path, json=body) as response:
                if response.is_error:
                    await response.aread()
                    raise failure(response)
                async for line in response.aiter_lines():
                    row: dict[str, Any] = orjson.loads(line)
                    if "error" in row:
                        raise CommandFailed(str(row["error"]))
                    yield row
        except httpx2.HTTPError as error:
            raise unreachable(error) from error

    async def has_blob(self, digest: str) -> bool:
        """Whether a blob is there."""
        try:
            return not (await self._http.head(f"/api/blobs/{digest}")).is_error
        except httpx2.HTTPError as error:
            raise unreachable(error) from error

    async def send_blob(self, digest: str, content: AsyncIterator[bytes]) -> None:
        """Send a blob. Raises CommandFailed."""
        try:
            response = await self._http.post(f"/api/blobs/{digest}", content=content)
        except httpx2.HTTPError as error:
            raise unreachable(error) from error
        if response.is_error:
            raise failure(response)


@asynccontextmanager
async def connected() -> AsyncIterator[Client]:
    """A client: of the server at PUNA_HOST where one is up, else of the native API in this process.

    Raises CommandFailed where PUNA_HOST is another machine that does not answer.
    """
    settings = Settings.from_environment(os.environ)
    host = EVERYWHERE.get(settings.host, settings.host)
    local = not listens(host, settings.port)
    if local and not is_loopback(host):
        raise CommandFailed(f"no server answers at {host}:{settings.port}, where PUNA_HOST says")
    key = min(settings.api_keys, default=None)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    address = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
    async with AsyncExitStack() as stack:
        transport = (
            Mounted(await stack.enter_async_context(local_app(settings))) if local else httpx2.AsyncHTTPTransport()
        )
        http = httpx2.AsyncClient(
            base_url=address,
            headers=headers,
            transport=transport,
            timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS),
            trust_env=False,
        )
        yield Client(await stack.enter_async_context(http), local=local)


def listens(host: str, port: int) -> bool:
    """Whether something accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=PROBE_SECONDS):
            return True
    except OSError:
        return False


@asynccontextmanager
async def local_app(settings: Settings) -> AsyncIterator[ASGIApp]:
    """The native API in this process. The rest of the server is imported when a command needs a model to run."""
    from starlette.applications import Starlette
    from starlette.routing import Mount

    from puna.api.ollama.application import application
    from puna.library.library import Library

    whole: list[Starlette] = []

    def server() -> Starlette:
        from puna.server import create_app

        if not whole:
            whole.append(create_app(settings))
        return whole[0]

    native = application(Library(settings.models), lambda: server().state.inference, lambda: server().state.images)
    try:
        yield Starlette(routes=[Mount("/api", native)])
    finally:
        for app in whole:
            async with app.router.lifespan_context(app):
                pass  # leaving it closes what was opened


def failure(response: httpx2.Response) -> CommandFailed:
    """What an error says."""
    try:
        message = str(orjson.loads(response.content)["error"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        message = f"the server answers {response.status_code}: {response.text[:200]}"
    return CommandFailed(message, response.status_code)


def unreachable(error: httpx2.HTTPError) -> CommandFailed:
    """What a broken connection is to a user."""
    return CommandFailed(f"the connection to the server failed: {error or type(error).__name__}")
