"""Connections to other servers."""

import asyncio
from hashlib import pbkdf2_hmac

import pytest
import uvloop

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


async def ask_what_has_hung_up() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    connection = await Client(f"http://127.0.0.1:{port}", 60, patience=60)._connected()
    with pytest.raises(ConnectionError):
        await connection.status()
    with pytest.raises(ConnectionError):
        connection.ask(b"GET / HTTP/1.1\r\n\r\n")
    server.close()


def test_a_server_that_has_hung_up_is_not_written_to() -> None:
    uvloop.run(ask_what_has_hung_up())
