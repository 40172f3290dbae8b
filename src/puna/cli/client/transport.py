"""What the commands' client needs of whatever carries its requests."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from puna.core.errors import PunaError

Body = bytes | Iterable[bytes] | None


class CommandFailed(PunaError):
    """The server's answer is an error, of that HTTP `status` where it has one, or it can't be reached."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Reply(Protocol):
    """An answer of the server, while it comes."""

    @property
    def status(self) -> int: ...

    def read(self) -> bytes:
        """All of it."""

    def __iter__(self) -> Iterator[bytes]:
        """Its lines."""


class Transport(Protocol):
    """Carries requests. Raises CommandFailed where that is not possible."""

    def request(self, method: str, path: str, body: Body = None) -> AbstractContextManager[Reply]:
        """One request. Leaving the context before the answer is complete is hanging up."""
