"""The load generator: streams chat requests and notes when what came. Reads raw bytes, so that it costs little."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any
from urllib.parse import urlsplit

TEXT = re.compile(rb'"(content|reasoning|reasoning_content|arguments)":"[^"]')
"""A delta that is not empty; what a model thinks is text too, and what it calls a tool with."""

WriteBody = Callable[[str, int], dict[str, Any]]
"""Writes a request's body, of a prompt and the number of tokens wanted."""


class LoadError(Exception):
    """An answer was refused or ended early, so what was measured means nothing."""


@dataclass(frozen=True, slots=True)
class Target:
    """A server that takes chat requests. `address` is like `http://127.0.0.1:1234`."""

    address: str
    write_body: WriteBody
    key: str = "unused"

    def request(self, prompt: str, tokens: int) -> bytes:
        """The bytes of one HTTP request on a connection of its own."""
        body = json.dumps(self.write_body(prompt, tokens)).encode()
        head = (
            "POST /v1/chat/completions HTTP/1.1\r\n"
            f"Host: {urlsplit(self.address).netloc}\r\n"
            f"Authorization: Bearer {self.key}\r\n"
            "Content-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n"
        )
        return head.encode() + body


@dataclass(frozen=True, slots=True)
class Burst:
    """Requests sent at the same time. `seconds` until the last answer was complete; `first` is the median over
    the answers of the seconds until the first piece of text."""

    tokens: int
    seconds: float
    first: float

    @property
    def rate(self) -> float:
        """Tokens per second, over all streams."""
        return self.tokens / self.seconds


async def send_burst(target: Target, prompts: Sequence[str], tokens: int) -> Burst:
    """Ask all prompts at once, for so many tokens each."""
    start = time.perf_counter()
    firsts = await asyncio.gather(*(stream(target, prompt, tokens) for prompt in prompts))
    return Burst(len(prompts) * tokens, time.perf_counter() - start, median(firsts))


async def stream(target: Target, prompt: str, tokens: int) -> float:
    """Ask one prompt and read the whole answer. Returns the seconds until its first piece of text.

    Raises:
        LoadError: the answer did not end because it had its tokens.
    """
    async with asked(target, prompt, tokens) as reader:
        start = time.perf_counter()
        first, answer = await read_until_text(reader)
        answer += await reader.read()
    if first is None or b'"finish_reason":"length"' not in answer or b"data: [DONE]" not in answer:
        raise LoadError(f"{target.address} answered {answer[:300]!r} … {answer[-300:]!r}")
    return first - start


async def first_text(target: Target, prompt: str, tokens: int) -> float:
    """Ask one prompt and hang up as soon as the first piece of text is there, after so many seconds.

    Raises:
        LoadError: there was no text.
    """
    async with asked(target, prompt, tokens) as reader:
        start = time.perf_counter()
        first, answer = await read_until_text(reader)
    if first is None:
        raise LoadError(f"{target.address} answered {answer[:300]!r}")
    return first - start


@asynccontextmanager
async def asked(target: Target, prompt: str, tokens: int) -> AsyncIterator[asyncio.StreamReader]:
    """What answers a request that has just been sent."""
    address = urlsplit(target.address)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        writer.write(target.request(prompt, tokens))
        yield reader
    finally:
        writer.close()


async def read_until_text(reader: asyncio.StreamReader) -> tuple[float | None, bytes]:
    """When the first piece of text came (`time.perf_counter`; None: never), and all that came until then."""
    answer = b""
    while block := await reader.read(65536):
        answer += block
        if TEXT.search(answer):
            return time.perf_counter(), answer
    return None, answer
