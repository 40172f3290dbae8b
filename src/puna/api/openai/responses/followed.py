"""The stream of a response that another server makes, or has made."""

import asyncio
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from puna.api.openai.responses.run import numbered

if TYPE_CHECKING:
    from puna.state.stores import Stores

FOLLOWING = 0.25
"""How often, in seconds, it is looked what has come of a response that another server makes."""


async def followed(stores: "Stores", key: str, after: int) -> AsyncGenerator[bytes, None]:
    """The events of a response behind that number, as another server makes them. Where that server is gone, the last
    one says that the response has failed."""
    while True:
        stored = await stores.responses.get(key)
        for part in await stores.live.events(key, after):
            yield joined(part.events.split(b"\n\n")[:-1][after - part.last :])
            after = part.last
        if stored is None:
            return
        if not stored.unfinished:
            break
        await asyncio.sleep(FOLLOWING)
    if events := await stores.responses.events(key):
        async for block in replay(events, after):
            yield block
    else:
        yield numbered({"type": f"response.{stored.body['status']}", "response": stored.body}, after + 1)


async def ended(stores: "Stores", key: str) -> None:
    """Wait until a response that another server makes has come to its end."""
    while (stored := await stores.responses.get(key)) and stored.unfinished:  # noqa: ASYNC110 it is in another process
        await asyncio.sleep(FOLLOWING)


async def replay(events: bytes, after: int) -> AsyncGenerator[bytes, None]:
    """Kept events behind that number."""
    yield joined(events.split(b"\n\n")[after + 1 : -1])


def joined(blocks: list[bytes]) -> bytes:
    """The events in one piece."""
    return b"".join(block + b"\n\n" for block in blocks)
