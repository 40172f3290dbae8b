"""What became of each request: kept while it runs, for the access log and the metrics."""

import logging
import time
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from puna.core.events import Usage

_log = logging.getLogger(__name__)


MOST_SHOWN = 200
"""How much is shown of a name that a client sent."""


@dataclass(slots=True)
class Entry:
    """One request. Tokens are those of all that was generated for it; times are of `time.monotonic()`.

    `client` stands for whoever sent it, wherever clients take turns; `owner` is the name of its API key, where the
    server has keys. `spend` hears how many tokens were used. `reading` is what is known of the prompt
    while it is read. `retries` counts the engines it was sent to
    again. `status` is how a turn of a WebSocket ended, which has no HTTP status of its own. `ignored` are the parts
    of the request that were left out of it, by the names its client gives them.
    """

    id: str = ""
    client: str = ""
    owner: str = ""
    spend: Callable[[int], None] | None = None
    model: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    reading: Usage = field(default_factory=lambda: Usage(0, 0))
    retries: int = 0
    ignored: list[str] = field(default_factory=list)
    status: int = 499
    started: float = field(default_factory=time.monotonic)
    first: float | None = None
    last: float | None = None

    def found(self, model: str) -> None:
        """The request is answered by that model."""
        self.model = model

    def retry(self) -> None:
        """The engine was lost, and another one does the work."""
        self.retries += 1

    def read(self, tokens: int, cached: int) -> None:
        """An engine begins to read the prompt."""
        self.reading = Usage(tokens, 0, cached)

    def begin(self) -> None:
        """The first piece of an answer is there."""
        if self.first is None:
            self.first = time.monotonic()

    def finish(self, usage: Usage) -> None:
        """An answer is complete."""
        self.last = time.monotonic()
        self.prompt_tokens += usage.prompt_tokens
        self.completion_tokens += usage.completion_tokens
        self.cached_tokens += usage.cached_tokens
        if self.spend:
            self.spend(usage.prompt_tokens + usage.completion_tokens)

    def ignore(self, name: str, reason: str) -> None:
        """Something that the client sent has no effect: the `Puna-Ignored` header and the log name it, once."""
        if name in self.ignored:
            return
        self.ignored.append(name)
        _log.warning("%s: %r is ignored: %s", self.id, name[:MOST_SHOWN], reason)

    @property
    def first_token_seconds(self) -> float | None:
        return None if self.first is None else self.first - self.started

    @property
    def token_seconds(self) -> float | None:
        """The time from one token to the next, on average."""
        if self.first is None or self.last is None or self.completion_tokens < 2:
            return None
        return (self.last - self.first) / (self.completion_tokens - 1)


def keep(scope: MutableMapping[str, Any], entry: Entry) -> None:
    """Keep the entry of a request with it, in its ASGI scope."""
    scope.setdefault("state", {})["entry"] = entry


def entry_of(scope: Mapping[str, Any]) -> Entry:
    """The entry of a request, by its scope or the request itself. One that nobody looks at where none was kept."""
    entry: Entry = scope.get("state", {}).get("entry") or Entry()
    return entry
