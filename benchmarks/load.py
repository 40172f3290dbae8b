"""The load generator: streams chat requests and notes when what came. Reads raw bytes, so that it costs little."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any
from urllib.parse import urlsplit

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
    address = urlsplit(target.address)
    start = time.perf_counter()
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        writer.write(target.request(prompt, tokens))
        first, answer = await read_answer(reader)
    finally:
        writer.close()
    if first is None or b'"finish_reason":"length"' not in answer or b"data: [DONE]" not in answer:
        raise LoadError(f"{target.address} answered {answer[:300]!r} … {answer[-300:]!r}")
    return first - start


async def read_answer(reader: asyncio.StreamReader) -> tuple[float | None, bytes]:
    """When the first piece of text came (`time.perf_counter`), and all that came."""
    first: float | None = None
    answer = bytearray()
    while block := await reader.read(65536):
        answer += block
        if first is None and has_text(answer):
            first = time.perf_counter()
    return first, bytes(answer)


def has_text(answer: bytes | bytearray) -> bool:
    """Whether a delta that is not empty has come."""
    return answer.count(b'"content":"') > answer.count(b'"content":""')
