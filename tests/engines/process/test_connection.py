"""What an engine may do to a connection, on real sockets."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from puna.engines.process.connection import MOST_BUFFERED, Connection, exchange

Writes = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@asynccontextmanager
async def engine(answers: Writes) -> AsyncIterator[tuple[str, int]]:
    """Something that listens and answers each request like that; its host and port."""
    server = await asyncio.start_server(answers, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        yield host, port


def sends(*pieces: bytes) -> Writes:
    """Read a request's head, send those pieces and hang up."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        writer.close()

    return answer


def chunk(content: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(content), content)


async def test_an_answer_is_read_whole_however_it_is_cut() -> None:
    answer = HEAD + chunk(b"one ") + chunk(b"two") + chunk(b"")
    for cut in range(1, len(answer)):
        async with engine(sends(answer[:cut], answer[cut:])) as place, exchange(*place, REQUEST) as connection:
            assert await connection.status() == 200
            assert await connection.whole() == b"one two"


async def test_the_status_is_told_before_the_body_is_there() -> None:
    told = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\n")
        await told.wait()
        writer.write(b"busy")
        writer.close()

    async with engine(answer) as place, exchange(*place, REQUEST) as connection:
        assert await connection.status() == 503
        told.set()
        assert await connection.whole() == b"busy"


@pytest.mark.parametrize(
    "pieces", [(), (b"HTTP/1.1 200",), (HEAD, chunk(b"one"), b"5\r\nab"), (b"this is no HTTP at all\r\n\r\n",)]
)
async def test_an_engine_that_breaks_off_is_a_lost_connection(pieces: tuple[bytes, ...]) -> None:
    async with engine(sends(*pieces)) as place, exchange(*place, REQUEST) as connection:
        with pytest.raises(ConnectionError):
            await both(connection)


async def both(connection: Connection) -> tuple[int, bytes]:
    return await connection.status(), await connection.whole()


async def test_what_came_before_it_broke_off_is_read_first() -> None:
    async with engine(sends(HEAD, chunk(b"one"))) as place, exchange(*place, REQUEST) as connection:
        assert await connection.read() == b"one"
        with pytest.raises(ConnectionError):
            await connection.read()


async def test_nobody_there_is_a_lost_connection() -> None:
    async with engine(sends()) as place:
        pass
    with pytest.raises(ConnectionError):
        async with exchange(*place, REQUEST):
            pass


async def test_an_engine_waits_for_a_slow_reader() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD)
        while True:
            writer.write(chunk(b"x" * 2**16))
            await writer.drain()

    async with engine(answer) as place, exchange(*place, REQUEST) as connection:
        for _ in range(3):
            while connection._transport.is_reading():  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0)
            waiting = connection._size
            assert MOST_BUFFERED < waiting < 4 * MOST_BUFFERED
            assert len(await connection.read()) == waiting


async def test_leaving_hangs_up() -> None:
    gone = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD + chunk(b"one"))
        with suppress(ConnectionError):
            await reader.read()
        gone.set()

    async with engine(answer) as place:
        async with exchange(*place, REQUEST) as connection:
            assert await connection.read() == b"one"
        await gone.wait()
