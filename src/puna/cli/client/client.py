"""The one client of the native API that all commands use."""

import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
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
UNKNOWN_REQUEST = frozenset({400, 403, 404, 405, 501})
"""What servers answer to requests that they do not know."""


class Client:
    """Asks the server, or where none is up this process itself: the same requests, the same answers."""

    def __init__(self, settings: Settings, transport: Transport | None, address: str = "") -> None:
        self.settings = settings
        self._address = address
        self._transport = transport
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def runs(self) -> bool:
        """Whether it asks a server, and not this process itself."""
        return self._transport is not None

    @property
    def url(self) -> str:
        """Where the server is."""
        encrypted = self.settings.https or self.settings.tls_cert is not None
        return f"{'https' if encrypted else 'http'}://{self._address}{self.settings.path}"

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One request and its whole answer. Raises CommandFailed."""
        content = None if body is None else orjson.dumps(body)
        with self._carrier().request(method, path, content) as answer:
            return self._document(self._checked(answer).read() or b"{}")

    def stream(self, path: str, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """One request and the rows of its answer. Raises CommandFailed, also for an error in the middle."""
        with self._carrier().request("POST", path, orjson.dumps(body)) as answer:
            for line in self._checked(answer):
                row = self._document(line)
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
            return answer.status != NOT_FOUND and self._checked(answer) is answer

    def send_blob(self, digest: str, content: Iterable[bytes]) -> None:
        """Send a blob. Raises CommandFailed."""
        with self._carrier().request("POST", f"/api/blobs/{digest}", content) as answer:
            self._checked(answer)

    def _document(self, content: bytes) -> dict[str, Any]:
        """A JSON object that a server says."""
        with suppress(orjson.JSONDecodeError):
            if isinstance(document := orjson.loads(content), dict):
                return document
        raise CommandFailed(self._stranger())

    def _checked(self, answer: Reply) -> Reply:
        """The answer, if it is none of an error. Raises CommandFailed with what that says."""
        if answer.status < 400:
            return answer
        content = answer.read()
        with suppress(orjson.JSONDecodeError, KeyError, TypeError):
            if isinstance(message := orjson.loads(content)["error"], str):
                raise CommandFailed(message, answer.status)
        if answer.status in UNKNOWN_REQUEST:
            raise CommandFailed(self._stranger())
        text = content[:200].decode(errors="replace").strip()
        raise CommandFailed(f"the server answered {answer.status}{': ' if text else ''}{text}", answer.status)

    def _stranger(self) -> str:
        return f"the server at {self._address} is neither Puna nor Ollama. Set PUNA_HOST to the right address."

    def _carrier(self) -> Transport:
        """The server; where there is none, the native API in this process, which starts when it is first needed."""
        if self._transport is None:
            from puna.cli.client.mounted import Mounted, native_api

            self._transport = self._stack.enter_context(Mounted(lambda: native_api(self.settings)))
        return self._transport


@contextmanager
def connected(*, server: bool = False) -> Iterator[Client]:
    """A client: of the server at PUNA_HOST where one is up, else of the native API in this process.

    With `server` it has to be one of a server. Raises CommandFailed where none is up, and PUNA_HOST is another
    machine or a server is needed.
    """
    settings = Settings.from_environment(os.environ)
    host = EVERYWHERE.get(settings.host, settings.host)
    transport = found(settings, host)
    address = f"{f'[{host}]' if ':' in host else host}:{settings.port}"
    if server and transport is None:
        raise CommandFailed(none_runs(settings, address))
    with Client(settings, transport, address) as client:
        yield client


def found(settings: Settings, host: str) -> Transport | None:
    """The server at that host; None where there is none and none is needed, as the host is this machine.

    Raises CommandFailed where the host is another machine.
    """
    if listens(host, settings.port):
        from puna.cli.client.network import Network

        return Network(host, settings)
    from puna.serving.hosts import is_loopback

    if not is_loopback(host):
        raise CommandFailed(f"no server answers at {host}:{settings.port} (PUNA_HOST)")
    return None


def none_runs(settings: Settings, address: str) -> str:
    """That no server runs, and where one does, if one does."""
    from urllib.parse import urlsplit

    from puna.cli.client.servers import announced_url

    other = urlsplit(announced_url(settings.home))
    if other.hostname and other.port and other.port != settings.port:
        host = EVERYWHERE.get(other.hostname, other.hostname)
        if listens(host, other.port):
            return f"no server runs at {address}, but one does at {other.geturl()}: set PUNA_HOST={other.netloc}"
    return f"no server runs at {address}. Start one with `puna serve`."


def listens(host: str, port: int) -> bool:
    """Whether something accepts connections there."""
    address: Any = host.encode() if host.isascii() else host  # a str would have the tables of Unicode names loaded
    try:
        with socket.create_connection((address, port), timeout=PROBE_SECONDS):
            return True
    except OSError:
        return False
