"""A connection to another server that is kept for the next request."""

import asyncio
from time import monotonic

from puna.engines.process.connection import Connection


class KeptConnection(Connection):
    """One connection, for one exchange after the other. A server that is silent for `patience` seconds while it has
    something to answer counts as gone."""

    def __init__(self, patience: float) -> None:
        super().__init__()
        self._patience = patience
        self._watch: asyncio.TimerHandle | None = None
        self._heard = self.since = monotonic()
        self.headers: dict[str, str] = {}
        self.received = False

    def ask(self, request: bytes) -> None:
        """Send a request, whose answer is what comes next. Raises ConnectionError where the server has hung up."""
        self._begun = self._complete = self.received = False
        if not self.open:
            raise ConnectionError(str(self._lost or "the server closed the connection"))
        self.headers = {}
        self._heard = monotonic()
        self._look_again()
        self._transport.write(request)

    @property
    def reusable(self) -> bool:
        """Whether the whole answer is there, and the server takes another request."""
        return self._complete and self._lost is None and self._keeps and not self._transport.is_closing()

    @property
    def open(self) -> bool:
        """Whether the server has not closed it, as far as is known."""
        return self._lost is None and not self._transport.is_closing()

    def rest(self) -> None:
        """Wait for the next request."""
        self.since = monotonic()
        self._unwatch()

    def hang_up(self) -> None:
        """End it, whatever is on its way."""
        self._unwatch()
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self.received = True
        self._heard = monotonic()
        super().data_received(data)

    def connection_lost(self, error: Exception | None) -> None:
        if error is None and self._begun and self._ends_with_connection:
            self._complete = True
        self._unwatch()
        super().connection_lost(error)

    def on_header(self, name: bytes, value: bytes) -> None:
        """httptools has read a header."""
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_message_complete(self) -> None:
        self._keeps = self._parser.should_keep_alive()
        super().on_message_complete()

    _keeps = False

    @property
    def _ends_with_connection(self) -> bool:
        return "content-length" not in self.headers and "transfer-encoding" not in self.headers

    def _look_again(self) -> None:
        self._unwatch()
        wait = max(0.01, self._heard + self._patience - monotonic())
        if wait < 1e8:
            self._watch = asyncio.get_running_loop().call_later(wait, self._silent)

    def _silent(self) -> None:
        """Time has passed in which the server may have said nothing."""
        self._watch = None
        if self._complete:
            return
        if monotonic() - self._heard < self._patience:
            self._look_again()
            return
        self.connection_lost(TimeoutError(f"it sent nothing for {self._patience:g} seconds"))
        self._transport.abort()

    def _unwatch(self) -> None:
        if self._watch:
            self._watch.cancel()
            self._watch = None
