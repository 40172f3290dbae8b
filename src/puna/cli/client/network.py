"""Requests over the network to a server."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path

from puna.cli.client.transport import Body, CommandFailed

CONNECT_SECONDS = 30.0


class Network:
    """Answers of the server at one address. The standard library's client is the one that is imported quickest."""

    def __init__(self, host: str, port: int, headers: Mapping[str, str], certificate: Path | None = None) -> None:
        self._host, self._port = host, port
        self._certificate = certificate
        self._headers = dict(headers)

    @contextmanager
    def request(self, method: str, path: str, body: Body = None) -> Iterator[HTTPResponse]:
        """One request; leaving the context early is hanging up. Raises CommandFailed where the connection breaks."""
        connection = self._connection()
        try:
            connection.connect()
            connection.sock.settimeout(None)  # a model may take its time
            connection.request(method, path, body, self._headers)
            yield connection.getresponse()
        except (OSError, HTTPException) as error:
            raise CommandFailed(f"the connection to the server failed: {error or type(error).__name__}") from error
        finally:
            connection.close()

    def _connection(self) -> HTTPConnection:
        if self._certificate is None:
            return HTTPConnection(self._host, self._port, timeout=CONNECT_SECONDS)
        import ssl

        context = ssl.create_default_context(cafile=self._certificate)
        context.check_hostname = False  # it has to be this very certificate, or one that it signed
        return HTTPSConnection(self._host, self._port, timeout=CONNECT_SECONDS, context=context)
