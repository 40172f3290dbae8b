"""Requests over the network to a server."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import (
    BadStatusLine,
    HTTPConnection,
    HTTPException,
    HTTPResponse,
    HTTPSConnection,
    RemoteDisconnected,
)

from puna.cli.client.transport import Body, CommandFailed
from puna.settings import Settings

CONNECT_SECONDS = 30.0


class Network:
    """Answers of the server at one address. The standard library's client is the one that is imported quickest."""

    def __init__(self, host: str, settings: Settings) -> None:
        self._host, self._port, self._path = host, settings.port, settings.path
        self._certificate = settings.tls_cert
        self._encrypted = settings.https or settings.tls_cert is not None
        key = min(settings.api_keys, default=None)
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    @contextmanager
    def request(self, method: str, path: str, body: Body = None) -> Iterator[HTTPResponse]:
        """One request; leaving the context early is hanging up. Raises CommandFailed where the connection breaks."""
        connection = self._connection()
        try:
            connection.connect()
            connection.sock.settimeout(None)  # a model may take its time
            connection.request(method, self._path + path, body, self._headers)
            yield connection.getresponse()
        except RemoteDisconnected as error:
            raise CommandFailed("the server closed the connection without an answer") from error
        except BadStatusLine as error:
            raise CommandFailed(f"the server at {self._host}:{self._port} does not speak HTTP") from error
        except (OSError, HTTPException) as error:
            raise CommandFailed(f"the connection to the server failed: {error or type(error).__name__}") from error
        finally:
            connection.close()

    def _connection(self) -> HTTPConnection:
        if not self._encrypted:
            return HTTPConnection(self._host, self._port, timeout=CONNECT_SECONDS)
        import ssl

        context = ssl.create_default_context(cafile=self._certificate)
        if self._certificate:
            context.check_hostname = False  # it has to be this very certificate, or one that it signed
        return HTTPSConnection(self._host, self._port, timeout=CONNECT_SECONDS, context=context)
