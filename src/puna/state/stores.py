"""The stores of one open database, and what keeps them tidy."""

import asyncio
import time
from collections.abc import Collection
from contextlib import suppress

from puna.settings import Settings
from puna.state.conversations import ConversationStore
from puna.state.database import PATIENCE, Database, sqlite_url
from puna.state.errors import StateError
from puna.state.live import LiveStore
from puna.state.owner import STOPPED, Owner
from puna.state.private import private_folder
from puna.state.responses import ResponseStore
from puna.state.servers import BEAT_SECONDS, LOST_SECONDS, Servers
from puna.state.stored import StoredResponse

EXPIRY_SECONDS = 3600.0
"""How often what is too old is looked for."""
RETENTION_SECONDS = 60.0
"""After one server has looked, the others need not for so long."""
EXPIRY_SHARE = 100
"""It is looked for, too, whenever a hundredth of the most responses was added."""


class Stores:
    """Responses and conversations."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._saved = 0
        self._expired_at = 0.0
        self.database = database
        self.owner = Owner(settings.home)
        self.responses = ResponseStore(database)
        self.live = LiveStore(database)
        self.conversations = ConversationStore(database)
        self.servers = Servers(database, self.owner.name)
        self._watching: asyncio.Task[None] | None = None

    @classmethod
    def connect(cls, settings: Settings) -> "Stores":
        """Open the database the settings name. Raises StateError."""
        try:
            private_folder(settings.home)
        except OSError as error:
            raise StateError(f"Puna's home can't be used: {error.strerror}") from error
        url = settings.database_url or sqlite_url(settings.home / "state.db")
        return cls(settings, Database.open(url))

    async def begin(self) -> None:
        """Clean up, and go on with it where servers on other machines may be gone later."""
        if self.database.shared:
            await self.servers.beat()
            self._watching = asyncio.create_task(self._watch())
        await self.clean_up()

    async def close(self) -> None:
        """Disconnect, once the work in progress is done."""
        if self._watching:
            self._watching.cancel()
            with suppress(StateError):
                await self.servers.leave()
        await asyncio.to_thread(self.database.close)

    async def clean_up(self) -> None:
        """Fail what was left unfinished by a process that is gone, and forget what is too old."""
        await self.fail_abandoned(None)
        await self.expire()

    async def fail_abandoned(self, there: Collection[str] | None) -> None:
        """Fail what was left unfinished by a process that is gone: one of this machine, or one not `there`."""
        for response in await self.responses.abandoned(lambda owner: self.owner.is_alive(owner, there)):
            error = {"code": "server_error", "message": STOPPED}
            body = response.body | {"status": "failed", "error": error}
            await self.responses.save(StoredResponse(body=body, owner=response.owner))

    async def _watch(self) -> None:
        """Say that this server is there, and fail what others leave that no longer are.

        Nobody is judged right after the database was out of reach: the others could not say anything either.
        """
        last = time.monotonic()
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            with suppress(StateError):
                await self.servers.beat()
                before, last = last, time.monotonic()
                if last - before < LOST_SECONDS / 2:
                    await self.fail_abandoned(await self.servers.there())

    async def save(
        self, response: StoredResponse, conversation: str | None = None, patience: float = PATIENCE
    ) -> None:
        """Keep a response; now and then look for what is too old."""
        await self.responses.save(response, conversation, patience)
        self._saved += 1
        most = self._settings.responses_max_count
        full = most is not None and self._saved >= max(1, most // EXPIRY_SHARE)
        if full or time.monotonic() - self._expired_at > EXPIRY_SECONDS:
            with suppress(StateError):  # the response is kept all the same
                await self.expire()

    async def expire(self) -> None:
        """Forget what the settings say is too old or too much. Of several servers one does it at a time."""
        self._saved, self._expired_at = 0, time.monotonic()
        if self.database.shared and not await self.servers.claim("retention", RETENTION_SECONDS):
            return
        settings = self._settings
        await self.responses.expire(before(settings.responses_max_age), settings.responses_max_count)
        oldest = before(settings.conversations_max_age)
        if oldest is not None:
            await self.conversations.expire(oldest)


def before(age: float | None) -> float | None:
    """The time that many seconds ago."""
    return None if age is None else time.time() - age
