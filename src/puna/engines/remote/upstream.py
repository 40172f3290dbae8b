"""One address of a model: its server, what is known of it, and how it is doing."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from time import monotonic
from typing import Any, Literal

import orjson

from puna.core.errors import PunaError
from puna.core.remote import Address, Timeouts
from puna.core.snapshot import ServerState
from puna.engines.remote.client import Answer, Client
from puna.engines.remote.discovery import Traits, discover
from puna.engines.remote.keys import read_key
from puna.engines.remote.refusal import ServerBusy, ServerFailed, broken, refusal
from puna.engines.remote.stream import EventReader

FAILURES = 3
"""After how many failures in a row a server that can be reached is left alone for a while."""
LONGEST_PAUSE = 30.0
"""The longest time in seconds that it is left alone; each failure doubles it, from one second on."""


class Upstream:
    """A server. `active` is how many requests it has now; `problem` is why the last one failed, if it did."""

    def __init__(self, address: Address, timeouts: Timeouts) -> None:
        self.address = address
        self.active = 0
        self.requests = self.failures = 0
        self.problem: str | None = None
        self.heard = 0.0
        self._row = 0
        self._blocked_until = 0.0
        self._client = Client(address.url, timeouts.connect, timeouts.silence)
        self._traits: Traits | None = None
        self._asking: asyncio.Task[Traits] | None = None

    @property
    def known(self) -> Traits | None:
        """What is known of it; None where it has not been reached yet."""
        return self._traits

    @property
    def up(self) -> bool:
        """Whether it is worth while to ask it."""
        return monotonic() >= self._blocked_until

    @property
    def sound(self) -> bool:
        """Whether nothing speaks against it."""
        return self.up and not self._row

    @property
    def back_at(self) -> float:
        """When it may be asked again."""
        return self._blocked_until

    @property
    def state(self) -> ServerState:
        """How it is doing, for people."""
        return ServerState(
            url=self.address.url,
            kind=self._traits.server.name if self._traits else None,
            up=self.up and self.problem is None,
            active=self.active,
            requests=self.requests,
            failures=self.failures,
            problem=self.problem,
        )

    async def traits(self) -> Traits:
        """What it can do, asked once for all who want to know. Raises as `asked` does."""
        if self._traits is None:
            if self._asking is None or self._asking.done():
                self._asking = asyncio.create_task(self._discover())
            return await asyncio.shield(self._asking)
        return self._traits

    def lacks(self, field: Literal["choices", "logprobs"]) -> None:
        """Remember what an answer has shown: that it passes over a field."""
        if self._traits:
            choices, logprobs = self._traits.choices, self._traits.logprobs
            self._traits = replace(
                self._traits, choices=choices and field != "choices", logprobs=logprobs and field != "logprobs"
            )

    async def check(self) -> None:
        """Look whether it is there, and forget what speaks against it if it is."""
        try:
            with_key = read_key(self.address.key)
            async with self.watched(), self._client.ask("GET", "/models", key=with_key) as answer:
                await answer.whole()
                if answer.status >= 500:
                    raise refusal(self.address.host, answer.status, answer.headers, b"", with_key)
        except PunaError:
            return
        self.succeed()

    async def post(self, path: str, body: Any, *, root: bool = False) -> Any:
        """The JSON of an answer. Raises as `asked` does."""
        async with self.asked(path, body, root=root) as answer:
            return orjson.loads(await answer.whole())

    async def stream(self, path: str, body: Any) -> AsyncGenerator[Any, None]:
        """The decoded events of an answer. Raises as `asked` does."""
        reader = EventReader()
        async with self.asked(path, body) as answer:
            while block := await answer.read():
                for event in reader.read(block):
                    yield self._sound(event)
            for event in reader.close():
                yield self._sound(event)

    def _sound(self, event: Any) -> Any:
        """The event, if it is no error."""
        if "error" in event:
            raise broken(self.address.host, event["error"], read_key(self.address.key))
        return event

    @asynccontextmanager
    async def asked(self, path: str, body: Any, *, root: bool = False) -> AsyncIterator[Answer]:
        """An answer that is one.

        Raises ServerFailed and ServerBusy, after which another server may do, and InvalidRequest.
        """
        key = read_key(self.address.key)
        self.active += 1
        self.requests += 1
        try:
            async with self.watched(), self._client.ask("POST", path, body, key=key, root=root) as answer:
                if answer.status != 200:
                    raise refusal(self.address.host, answer.status, answer.headers, await answer.whole(), key)
                yield answer
                self.succeed()
        finally:
            self.active -= 1

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Notes what goes wrong. A broken connection is a ServerFailed."""
        try:
            yield
        except ConnectionError as error:
            failure = ServerFailed(f"{self.address.host} can't be reached: {error}.")
            self._fail(failure, at_once=True)
            raise failure from error
        except ServerFailed as error:
            self._fail(error)
            raise
        except ServerBusy as error:
            self.problem = error.message
            self._blocked_until = monotonic() + error.retry_after
            raise

    def succeed(self) -> None:
        """It has answered as it should."""
        self.problem, self._row, self._blocked_until = None, 0, 0.0
        self.heard = monotonic()

    def close(self) -> None:
        """Hang up."""
        if self._asking:
            self._asking.cancel()
        self._client.close()

    def _fail(self, error: ServerFailed, *, at_once: bool = False) -> None:
        self.failures += 1
        self._row += 1
        self.problem = error.message
        if at_once or self._row >= FAILURES:
            self._traits = None if at_once else self._traits  # what comes back may be another server
            self._blocked_until = monotonic() + min(LONGEST_PAUSE, 2.0 ** (self._row - 1))

    async def _discover(self) -> Traits:
        key = read_key(self.address.key)
        async with self.watched():
            self._traits = await discover(self._client, self.address, key)
        self.succeed()
        return self._traits
