"""HTTP to an engine's process."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

import aiohttp
import orjson

from puna.core.errors import ContextLengthExceeded, EngineFailed, EngineLost, InvalidRequest, PunaError


class EngineClient:
    """Speaks to one llama.cpp server. Raises `ConnectionError` when the server is not there or breaks off.

    Each request has a connection of its own: the engine closes idle ones when it likes, under the next request.
    """

    def __init__(self, address: str, key: str) -> None:
        self._session = aiohttp.ClientSession(
            address,
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
            # llama-server closes its end after each stream, and a request on such a connection would be lost.
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
            # A prompt may take any time; a dead engine closes its connections.
            timeout=aiohttp.ClientTimeout(total=None),
        )
        self._open = 0
        self._heard = 0.0

    @property
    def silence(self) -> float:
        """For how many seconds the engine has not said a word, while it has something to answer."""
        return monotonic() - self._heard if self._open else 0.0

    async def get(self, path: str) -> Any:
        """GET, and the decoded answer."""
        return await self._ask("GET", path)

    async def post(self, path: str, body: Any) -> Any:
        """POST, and the decoded answer. Cancelling hangs up."""
        return await self._ask("POST", path, orjson.dumps(body))

    async def _ask(self, method: str, path: str, content: bytes | None = None) -> Any:
        try:
            async with self._listening(), self._session.request(method, path, data=content) as response:
                answer = orjson.loads(await response.read())
        except aiohttp.ClientError as error:
            raise ConnectionError(str(error)) from error
        if response.status != 200:
            raise refusal(answer["error"])
        return answer

    async def stream(self, path: str, body: dict[str, Any]) -> AsyncGenerator[Any, None]:
        """POST, and yield the decoded data of each server-sent event. Closing the iterator hangs up."""
        try:
            async with self._listening(), self._session.post(path, data=orjson.dumps(body)) as response:
                if response.status != 200:
                    raise refusal(orjson.loads(await response.read())["error"])
                rest = b""
                async for block in response.content.iter_any():
                    self._heard = monotonic()
                    *events, rest = (rest + block).split(b"\n\n")
                    for event in events:
                        if event.startswith(b"data: {"):
                            yield decode(event)
        except aiohttp.ClientError as error:
            raise ConnectionError(str(error)) from error

    async def answers(self, seconds: float) -> bool:
        """Whether the engine's own loop answers within that time; its HTTP threads alone would say nothing of it."""
        timeout = aiohttp.ClientTimeout(total=seconds)
        try:
            async with self._session.get("/slots", timeout=timeout) as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        if not self._open:
            self._heard = monotonic()
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1

    async def close(self) -> None:
        await self._session.close()


def decode(event: bytes) -> Any:
    """The data of one server-sent event."""
    data = orjson.loads(event[6:])
    if "error" in data:
        raise refusal(data["error"])
    return data


def refusal(error: dict[str, Any]) -> PunaError:
    """The engine's error in Puna's terms."""
    if error.get("type") == "exceed_context_size_error":
        return ContextLengthExceeded(error["n_prompt_tokens"], error["n_ctx"], param="messages")
    if error.get("code") == 400:
        return InvalidRequest(error["message"])
    if error["message"].startswith("Context size has been exceeded"):
        return EngineLost(error["message"], own_fault=False)  # of the shared cache: all its requests are ended
    return EngineFailed(error["message"])
