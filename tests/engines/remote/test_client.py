"""Connections to other servers."""

import asyncio
from hashlib import pbkdf2_hmac

from puna.engines.remote.client import Client
from tests.engines.remote.stub import Stub

TIMEOUT = 0.05


def work() -> None:
    """Keep the event loop from everything else, for several times the time-out."""
    loop = asyncio.get_running_loop()
    end = loop.time() + 4 * TIMEOUT
    while loop.time() < end:
        pbkdf2_hmac("sha256", b"", b"", 1000)


async def test_a_connection_that_nobody_had_time_to_see_is_no_failure(stub: Stub) -> None:
    stub.tell("/v1/models", {"data": []})
    client = Client(stub.url, TIMEOUT, patience=60)
    asyncio.get_running_loop().call_soon(work)
    async with client.ask("GET", "/models") as answer:
        assert answer.status == 200
    client.close()
