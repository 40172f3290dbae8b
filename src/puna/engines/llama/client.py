"""HTTP to an engine's process."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

import httpx2
import orjson

from puna.core.errors import ContextLengthExceeded, EngineFailed, EngineLost, InvalidRequest, PunaError


class EngineClient:
    """Speaks to one llama.cpp server. Raises `ConnectionError` when the server is not there or breaks off.

    Each request has a connection of its own: the engine closes idle ones when it likes, under the next request.
    """

    def __init__(self, address: str, key: str) -> None:
        self._http = httpx2.AsyncClient(
            base_url=address,
            headers={"Authorization": f"Bearer {key}"},
            timeout=None,
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=0),
            trust_env=False,
        )
        self._open = 0
        self._heard = 0.0

    @property
    def silence(self) -> float:
        """For how many seconds the engine has not said a word, while it has something to answer."""
        return monotonic() - self._heard if self._open else 0.0

    async def stream(self, path: str, body: dict[str, Any]) -> AsyncGenerator[Any, None]:
        """POST, and yield the decoded data of each server-sent event. Closing the iterator hangs up."""
        try:
            async with self._listening(), self._http.stream("POST", path, content=orjson.dumps(body)) as response:
                if response.status_code != 200:
                    raise refusal(orjson.loads(await response.aread())["error"])
                rest = b""
                async for block in response.aiter_raw():
                    self._heard = monotonic()
                    *events, rest = (rest + block).split(b"\n\n")
                    for event in events:
                        if event.startswith(b"data: {"):
                            yield decode(event)
        except httpx2.TransportError as error:
            raise ConnectionError(str(error)) from error

    async def answers(self, seconds: float) -> bool:
        """Whether the engine's own loop answers within that time; its HTTP threads alone would say nothing of it."""
        try:
            response = await self._http.get("/slots", timeout=seconds)
        except httpx2.TransportError:
            return False
        return response.status_code == 200

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
        await self._http.aclose()


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
