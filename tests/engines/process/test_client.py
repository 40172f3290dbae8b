"""The client of engines' processes, with an engine that answers as it is told."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from itertools import pairwise
from typing import Any

import orjson
import pytest

from puna.core.errors import InvalidRequest, PunaError
from puna.engines.process.client import EngineClient

EVENTS = b'data: {"n": 1}\n\n: nothing\n\ndata: {"n": 2}\n\ndata: [DONE]\n\n'


def refusal(error: dict[str, Any]) -> PunaError:
    return InvalidRequest(error["message"])


@asynccontextmanager
async def engine(
    status: int, body: bytes, *, cuts: Sequence[int] = ()
) -> AsyncIterator[tuple[EngineClient, list[bytes]]]:
    """A client of an engine that answers everything alike, in pieces; and the requests it got."""
    requests: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        requests.append(head + await reader.readexactly(int(lengths[0].split(b":")[1]) if lengths else 0))
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (status, len(body)))
        for start, stop in pairwise(sorted({0, *cuts, len(body)})):
            writer.write(body[start:stop])
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        yield EngineClient(f"http://{host}:{port}", "secret", refusal, "/probe"), requests


async def test_what_is_asked_has_the_key_and_what_is_answered_is_decoded() -> None:
    async with engine(200, b'{"a": 1}') as (client, requests):
        assert await client.get("/props") == {"a": 1}
        assert await client.post("/tokenize", {"content": "é"}) == {"a": 1}
    got, posted = requests
    assert got.startswith(b"GET /props HTTP/1.1\r\n")
    assert all(b"Authorization: Bearer secret\r\n" in request for request in requests)
    assert orjson.loads(posted.partition(b"\r\n\r\n")[2]) == {"content": "é"}


@pytest.mark.parametrize("cut", range(1, len(EVENTS), 7))
async def test_events_are_read_however_they_are_cut(cut: int) -> None:
    async with engine(200, EVENTS, cuts=[cut]) as (client, _):
        assert [event["n"] async for event in client.stream("/completion", {})] == [1, 2]


async def test_rows_are_read_one_by_one() -> None:
    body = b'[{"embedding": [[1, 2], [3, 4]]}, {"embedding": [[5, 6]]}]'
    for cut in range(1, len(body)):
        async with engine(200, body, cuts=[cut]) as (client, _):
            assert [row async for row in client.arrays("/embedding", {})] == [[1, 2], [3, 4], [5, 6]]


async def test_a_refusal_is_put_in_punas_words_at_once_or_in_the_middle() -> None:
    async with engine(400, b'{"error": {"message": "too strange"}}') as (client, _):
        with pytest.raises(InvalidRequest, match="too strange"):
            await client.post("/completion", {})
    broken = b'data: {"n": 1}\n\ndata: {"error": {"message": "too late"}}\n\n'
    async with engine(200, broken) as (client, _), aclosing(client.stream("/completion", {})) as events:
        assert await anext(events) == {"n": 1}
        with pytest.raises(InvalidRequest, match="too late"):
            await anext(events)


async def test_an_engine_that_has_nothing_to_answer_is_not_silent() -> None:
    async with engine(200, EVENTS) as (client, _):
        assert client.silence == 0
        async with aclosing(client.stream("/completion", {})) as events:
            await anext(events)
            assert client.silence > 0
        assert client.silence == 0


@pytest.mark.parametrize(("status", "answers"), [(200, True), (503, False)])
async def test_the_probe_says_whether_the_engine_answers(status: int, answers: bool) -> None:
    async with engine(status, b"[]") as (client, requests):
        assert await client.answers(30) is answers
    assert requests[0].startswith(b"GET /probe ")
    assert not await client.answers(30)  # nobody listens there any more
