"""The way back to a client that may leave, on plain ASGI callables."""

import asyncio
from collections.abc import AsyncGenerator, Callable

import pytest
from starlette.types import Message

from puna.core.errors import EngineFailed, InvalidRequest, PunaError
from puna.http import exchange
from puna.http.exchange import ClientGone, Connected, EventStream
from puna.http.sse import KEEP_ALIVE


class Client:
    """Keeps what is sent to it, and leaves when it is told to."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.heard = asyncio.Event()
        self.left = asyncio.Event()

    async def receive(self) -> Message:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.sent.append(message)
        self.heard.set()

    @property
    def text(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)

    async def ask(self, stream: EventStream) -> None:
        await stream({"type": "http"}, self.receive, self.send)


def shown(error: PunaError) -> bytes:
    return f"<{error.message}>".encode()


async def blocks(
    *given: bytes | Exception, after: asyncio.Event | None = None, ended: Callable[[], None] = lambda: None
) -> AsyncGenerator[bytes, None]:
    try:
        if after:
            await after.wait()
        for block in given:
            if isinstance(block, Exception):
                raise block
            yield block
    finally:
        ended()


async def test_blocks_are_sent_one_by_one() -> None:
    client = Client()
    await client.ask(EventStream(blocks(b"a", b"b"), shown))
    assert [message.get("body") for message in client.sent] == [None, b"a", b"b", b""]
    assert [message.get("more_body") for message in client.sent] == [None, True, True, False]


async def test_a_refusal_before_the_first_block_is_no_stream() -> None:
    client = Client()
    with pytest.raises(InvalidRequest):
        await client.ask(EventStream(blocks(InvalidRequest("no")), shown))
    assert not client.sent


async def test_an_error_in_the_middle_is_the_last_block() -> None:
    client = Client()
    await client.ask(EventStream(blocks(b"a", EngineFailed("gone")), shown))
    assert client.text == b"a<gone>"
    assert client.sent[-1]["more_body"] is False


async def test_a_stream_begins_before_a_slow_prompt_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "KEEP_ALIVE_SECONDS", 0.001)
    client, read = Client(), asyncio.Event()
    asking = asyncio.create_task(client.ask(EventStream(blocks(EngineFailed("gone"), after=read), shown)))
    await asyncio.wait_for(client.heard.wait(), 5)
    read.set()
    await asking
    assert client.sent[0]["status"] == 200
    assert client.text.startswith(KEEP_ALIVE)
    assert client.text.endswith(b"<gone>")


async def test_a_silence_that_is_broken_as_the_stream_ends_adds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "KEEP_ALIVE_SECONDS", 0.0)
    client = Client()

    async def late() -> AsyncGenerator[bytes, None]:
        yield b"a"
        stream._break_silence(KEEP_ALIVE)

    stream = EventStream(late(), shown)
    await client.ask(stream)
    await stream._speaking
    assert client.sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


async def test_a_format_without_comments_waits_for_its_first_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "KEEP_ALIVE_SECONDS", 0.0)
    client, read = Client(), asyncio.Event()
    stream = EventStream(blocks(InvalidRequest("no"), after=read), shown, b"application/x-ndjson", keep_alive=None)
    asking = asyncio.create_task(client.ask(stream))
    for _ in range(10):
        await asyncio.sleep(0)
    read.set()
    with pytest.raises(InvalidRequest):
        await asking
    assert not client.sent


async def test_a_client_that_leaves_ends_the_generation() -> None:
    client, ended = Client(), asyncio.Event()
    asking = asyncio.create_task(client.ask(EventStream(blocks(after=asyncio.Event(), ended=ended.set), shown)))
    await asyncio.sleep(0)
    client.left.set()
    with pytest.raises(ClientGone):
        await asking
    assert ended.is_set()


async def test_a_client_that_leaves_in_the_middle_of_a_stream_ends_it_without_an_error() -> None:
    client, ended, more = Client(), asyncio.Event(), asyncio.Event()

    async def two() -> AsyncGenerator[bytes, None]:
        try:
            yield b"a"
            await more.wait()
            yield b"b"
        finally:
            ended.set()

    asking = asyncio.create_task(client.ask(EventStream(two(), shown)))
    await asyncio.wait_for(client.heard.wait(), 5)
    client.left.set()
    await asking
    assert client.text == b"a"
    assert ended.is_set()


async def test_a_cancellation_from_elsewhere_is_not_taken_for_a_client_that_left() -> None:
    client = Client()

    async def work() -> None:
        async with Connected(client.receive):
            await asyncio.Event().wait()

    working = asyncio.create_task(work())
    await asyncio.sleep(0)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
