import asyncio
from typing import Any

import pytest

from benchmarks.load import TEXT, LoadError, Target, first_text, send_burst


def body(prompt: str, tokens: int) -> dict[str, Any]:
    return {"prompt": prompt, "max_tokens": tokens}


async def answer_with(blocks: list[bytes]) -> tuple[asyncio.Server, Target]:
    """A server that answers every request with those blocks, 20 ms apart."""

    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for block in blocks:
            writer.write(block)
            await asyncio.sleep(0.02)
        writer.close()

    server = await asyncio.start_server(respond, "127.0.0.1", 0)
    return server, Target(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", body)


ROLE = b'data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n'
WORD = b'data: {"choices":[{"delta":{"content":"word"}}]}\n\n'
END = b'data: {"choices":[{"delta":{},"finish_reason":"length"}]}\n\ndata: [DONE]\n\n'


@pytest.mark.parametrize("delta", [b'{"content":""}', b'{"role":"assistant","content":null}', b"{}"])
def test_an_empty_delta_is_no_text(delta: bytes) -> None:
    assert not TEXT.search(b'data: {"choices":[{"delta":' + delta)


@pytest.mark.parametrize("delta", [b'{"content":"a"}', b'{"content":"\\""}', b'{"reasoning_content":" "}'])
def test_text_is_what_is_in_a_delta(delta: bytes) -> None:
    assert TEXT.search(b'data: {"choices":[{"delta":' + delta)


async def test_the_first_token_is_the_first_text() -> None:
    server, target = await answer_with([ROLE, ROLE, WORD, WORD, END])
    async with server:
        burst = await send_burst(target, ["a", "b"], tokens=2)
    assert burst.tokens == 4
    assert burst.rate == burst.tokens / burst.seconds
    assert 0.03 < burst.first <= burst.seconds


@pytest.mark.parametrize(
    "blocks",
    [[b"HTTP/1.1 404 Not Found\r\n\r\n{}"], [ROLE, WORD], [ROLE, END], [WORD, END.replace(b"length", b"stop")]],
    ids=["refused", "broken off", "empty", "ended by the model"],
)
async def test_an_answer_that_is_not_complete_is_no_measurement(blocks: list[bytes]) -> None:
    server, target = await answer_with(blocks)
    async with server:
        with pytest.raises(LoadError):
            await send_burst(target, ["a"], tokens=2)


async def test_the_first_text_is_enough() -> None:
    server, target = await answer_with([ROLE, WORD, *[WORD] * 500])
    async with server, asyncio.timeout(5):
        assert await first_text(target, "a", tokens=501) > 0
