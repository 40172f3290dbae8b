"""The state of a server, opened when it is first used."""

import asyncio
from typing import TYPE_CHECKING

from puna.settings import Settings
from puna.state.seal import Seal

if TYPE_CHECKING:
    from puna.state.stores import Stores


class State:
    """What is kept between requests."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opening: asyncio.Task[Stores] | None = None
        self.seal = Seal(settings.home / "seal.key")

    async def open(self) -> "Stores":
        """The stores, ready for use. An opening that failed is tried again by the next call.

        Raises:
            StateError: the database can't be used.
        """
        if self._opening is None or (self._opening.done() and self._opening.exception()):
            self._opening = asyncio.create_task(open_stores(self._settings))
        return await asyncio.shield(self._opening)

    async def close(self) -> None:
        """Disconnect, once the work in progress is done."""
        if self._opening is not None:
            for stores in await asyncio.gather(self._opening, return_exceptions=True):
                if not isinstance(stores, BaseException):
                    await stores.close()


async def open_stores(settings: Settings) -> "Stores":
    """Connect in a thread: importing SQLAlchemy and migrating take their time."""
    stores = await asyncio.to_thread(connect, settings)
    await stores.begin()
    return stores


def connect(settings: Settings) -> "Stores":
    from puna.state.stores import Stores  # imported late, with SQLAlchemy: most servers are asked for chat only

    return Stores.connect(settings)
