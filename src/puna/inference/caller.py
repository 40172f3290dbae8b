"""Whoever a request is answered for, as inference sees them."""

from typing import Protocol

from puna.core.events import Usage


class Caller(Protocol):
    """`client` stands for whoever asks: requests of one client take turns with those of the others. The rest is what
    a caller hears of its request, for logs and counters."""

    @property
    def client(self) -> str:
        """The client's name in the queue."""

    @property
    def owner(self) -> str:
        """Whose what is kept of the answer is; nobody's where this is empty."""

    def found(self, model: str) -> None:
        """The request is answered by that model."""

    def read(self, tokens: int, cached: int) -> None:
        """An engine begins to read the prompt, which has so many tokens; `cached` of them need no evaluation."""

    def begin(self) -> None:
        """The first piece of the answer is there."""

    def finish(self, usage: Usage) -> None:
        """The answer is complete."""

    def retry(self) -> None:
        """The engine was lost, and another one does the work."""

    def ignore(self, name: str, reason: str) -> None:
        """A part of the request has no effect."""


class Anonymous:
    """A caller that nobody listens to."""

    client = ""
    owner = ""

    def found(self, model: str) -> None:
        """Not noted."""

    def read(self, tokens: int, cached: int) -> None:
        """Not noted."""

    def begin(self) -> None:
        """Not noted."""

    def finish(self, usage: Usage) -> None:
        """Not noted."""

    def retry(self) -> None:
        """Not noted."""

    def ignore(self, name: str, reason: str) -> None:
        """Not noted."""


ANONYMOUS: Caller = Anonymous()
