"""The one client of the native API that all commands use."""

import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Self

import orjson

from puna.cli.client.transport import CommandFailed, Reply, Transport
from puna.settings import Settings

if TYPE_CHECKING:
    from puna.library.listing import Listed

__all__ = ["Client", "CommandFailed", "connected"]

PROBE_SECONDS = 2.0
"""How long a server may take to accept a connection before it counts as not there."""
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where a server listens, a client can't connect to
NOT_FOUND = 404


class Client:
    """Asks the server, or where none is up this process itself: the same requests, the same answers."""

    def __init__(self, settings: Settings, transport: Transport | None) -> None:
        self.settings = settings
        self._transport = transport
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One request and its whole answer. Raises CommandFailed."""
        content = None if body is None else orjson.dumps(body)
        with self._carrier().request(method, path, content) as answer:
            document: dict[str, Any] = orjson.loads(checked(answer).read() or b"{}")
            return document

    def stream(self, path: str, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """One request and the rows of its answer. Raises CommandFailed, also for an error in the middle."""
        with self._carrier().request("POST", path, orjson.dumps(body)) as answer:
            for line in checked(answer):
                row: dict[str, Any] = orjson.loads(line)
                if "error" in row:
                    raise CommandFailed(str(row["error"]))
                yield row

    def models(self) -> "list[Listed]":
        """The models that are there. Raises CommandFailed.

        Without a server the store's listing is asked directly: no event loop and no application, so that it is quick.
        """
        if self._transport is None:
            from puna.library.listing import Listing

            return Listing(self.settings.models).models()
        from puna.cli.client.tags import listed

        return [listed(row) for row in self.ask("GET", "/api/tags")["models"]]

    def show(self, model: str, **options: bool) -> dict[str, Any]:
        """What /api/show says of a model. Raises CommandFailed."""
        return self.ask("POST", "/api/show", {"model": model, **options})

    def has_blob(self, digest: str) -> bool:
        """Whether a blob is there. Raises CommandFailed."""
        with self._carrier().request("HEAD", f"/api/blobs/{digest}") as answer:
            return answer.status != NOT_FOUND and checked(answer) is answer

    def send_blob(self, digest: str, content: Iterable[bytes]) -> None:
        """Send a blob. Raises CommandFailed."""
        with self._carrier().request("POST", f"/api/blobs/{digest}", content) as answer:
            checked(answer)

    def _carrier(self) -> Transport:
        """The server; where there is none, the native API in this process, which starts when it is first needed."""
        if self._transport is None:
            from puna.cli.client.mounted import Mounted, native_api

            self._transport = self._stack.enter_context(Mounted(lambda: native_api(self.settings)))
        return self._transport


@contextmanager
def connected() -> Iterator[Client]:
    """A client: of the server at PUNA_HOST where one is up, else of the native API in this process.

    Raises CommandFailed where PUNA_HOST is another machine that does not answer.
    """
    settings = Settings.from_environment(os.environ)
    host = EVERYWHERE.get(settings.host, settings.host)
    with Client(settings, found(settings, host)) as client:
        yield client


def found(settings: Settings, host: str) -> Transport | None:
    """The server at that host; None where there is none and none is needed, as the host is this machine.

    Raises CommandFailed where the host is another machine.
    """
    if listens(host, settings.port):
        from puna.cli.client.network import Network

        key = min(settings.api_keys, default=None)
        return Network(host, settings.port, {"Authorization": f"Bearer {key}"} if key else {}, settings.tls_cert)
    from puna.serving.hosts import is_loopback

    if not is_loopback(host):
        raise CommandFailed(f"no server answers at {host}:{settings.port}, where PUNA_HOST says")
    return None


def listens(host: str, port: int) -> bool:
    """Whether something accepts connections there."""
    address: Any = host.encode() if host.isascii() else host  # a str would have the tables of Unicode names loaded
    try:
        with socket.create_connection((address, port), timeout=PROBE_SECONDS):
            return True
    except OSError:
        return False


def checked(answer: Reply) -> Reply:
    """The answer, if it is none of an error. Raises CommandFailed with what that says."""
    if answer.status < 400:
        return answer
    content = answer.read()
    try:
        message = str(orjson.loads(content)["error"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        text = content[:200].decode(errors="replace")
        message = f"the server answers {answer.status}{': ' if text else ''}{text}"
    raise CommandFailed(message, answer.status)
