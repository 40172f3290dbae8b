"""Clients that mean no good, beside those of `benchmarks.chaos`: slow ones, bombs, grammars that take their time."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx2

from tests.hostile import MEGABYTE, bombs

HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
BEGINNINGS = (
    b"",
    b"GET / HTTP/1.1\r\nX: ",
    HEAD + b"Content-Length: 1000000\r\n\r\n{",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 16,
    b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 2000,
)
"""What slow clients send before they drip: nothing, a head, bodies, questions whose answers they never read, and too
many of them."""
PATTERNS = ("(a*)*" * 50, "a{1,1000}{1,1000}", "(" * 5000 + ")" * 5000, "[a-z]{0,1000}" * 100, "(a|aa|aaa)+" * 100)
STATUS_SECONDS = 0.05
"""How often it is asked whether the server still answers."""


@dataclass
class Attack:
    """What attackers sent, and the longest that somebody waited for `/health` meanwhile."""

    sent: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0

    def lines(self) -> list[str]:
        return [
            f"attacks                 {self.sent.total()} {dict(self.sent)}",
            f"own faults in answers   {self.faults.total()} {dict(self.faults) or ''}",
            f"longest /health         {self.longest * 1000:.0f} ms",
        ]


@asynccontextmanager
async def attacking(url: str, model: str, number: int) -> AsyncIterator[Attack]:
    """So many attackers of each kind, as long as the context is open."""
    attack = Attack()
    kinds = (drip, bomb, stall)
    tasks = [asyncio.create_task(kind(url, model, attack)) for kind in kinds for _ in range(number)]
    tasks.append(asyncio.create_task(watch(url, attack)))
    try:
        yield attack
    finally:
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                attack.faults[f"an attacker's own: {result!r}"] += 1


async def drip(url: str, _: str, attack: Attack) -> None:
    """Open connections that say little, for as long as they are let."""
    place = urlsplit(url)
    for beginning in itertools.cycle(BEGINNINGS):
        with suppress(OSError):
            reader, writer = await asyncio.open_connection(place.hostname, place.port)
            attack.sent["slow"] += 1
            try:
                writer.write(beginning)
                for _turn in range(20):
                    await asyncio.sleep(0.1)
                    if writer.is_closing():
                        break
                    writer.write(b" ")
            finally:
                writer.close()
                del reader


async def bomb(url: str, _: str, attack: Attack) -> None:
    """Send bodies that are made to hold a server up."""
    async with httpx2.AsyncClient(base_url=url, timeout=300, trust_env=False) as http:
        for one in itertools.cycle([*bombs(MEGABYTE)]):
            with suppress(httpx2.TransportError):
                answer = await http.post(one.path, content=one.content)
                attack.sent["bomb"] += 1
                if answer.status_code >= 500 and answer.status_code != 503:
                    attack.faults[f"{one}: {answer.text[:100]}"] += 1


async def drop_each(url: str) -> None:
    """Send a small bomb of each kind."""
    async with httpx2.AsyncClient(base_url=url, timeout=300, trust_env=False) as http:
        for one in bombs(MEGABYTE // 50):
            await http.post(one.path, content=one.content)


async def stall(url: str, model: str, attack: Attack) -> None:
    """Ask for answers of grammars that take their time."""
    async with httpx2.AsyncClient(base_url=url, timeout=300, trust_env=False) as http:
        for pattern in itertools.cycle(PATTERNS):
            form = {"type": "grammar", "grammar": {"syntax": "regex", "definition": pattern}}
            body: dict[str, Any] = {
                "model": model,
                "messages": [{"role": "user", "content": "x"}],
                "max_tokens": 8,
                "tools": [{"type": "custom", "custom": {"name": "c", "format": form}}],
                "tool_choice": "required",
            }
            with suppress(httpx2.TransportError):
                answer = await http.post("/v1/chat/completions", json=body)
                attack.sent["grammar"] += 1
                if answer.status_code not in (200, 400, 422, 503):
                    attack.faults[f"{pattern[:20]}: {answer.text[:100]}"] += 1


async def watch(url: str, attack: Attack) -> None:
    """Measure how long the server takes to say that it is well."""
    async with httpx2.AsyncClient(base_url=url, timeout=300, trust_env=False) as http:
        while True:
            asked = time.monotonic()
            with suppress(httpx2.TransportError):
                await http.get("/health")
                attack.longest = max(attack.longest, time.monotonic() - asked)
            await asyncio.sleep(STATUS_SECONDS)
