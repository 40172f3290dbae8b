"""Responses over a WebSocket: `GET /v1/responses`, upgraded. Each `response.create` gets the events of a stream."""

import asyncio
from contextlib import suppress
from typing import Any

import orjson
from starlette.requests import Request
from starlette.websockets import WebSocket, WebSocketDisconnect

from puna.api.dialect import dialect_of
from puna.api.openai.responses.body import TurnBody
from puna.api.openai.responses.continued import Continued
from puna.api.openai.responses.creation import explainer, note_left_out, responses
from puna.core.errors import InvalidRequest, PunaError
from puna.http.body import body_of, checked, keep_document, read_body
from puna.http.limits import Limits
from puna.http.sse import data_of
from puna.http.turns import as_request, turn
from puna.observation.journal import entry_of

SECONDS = 3600.0
"""How long a connection takes requests, as with OpenAI."""
MOST_LANES = 32
MOST_WAITING = 8
"""How many requests of one lane may wait; those that follow are not read yet."""


class Lanes:
    """The requests of one connection. Those of one lane are answered one after another, lanes beside each other."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._waiting: dict[str | None, asyncio.Queue[bytes]] = {}
        self._continued = Continued()

    async def serve(self) -> None:
        """Answer until the client leaves, or the connection is too old."""
        ends = asyncio.get_running_loop().time() + SECONDS
        async with asyncio.TaskGroup() as workers:
            tasks = []
            with suppress(WebSocketDisconnect):
                while (message := await self._next(ends)) is not None:
                    lane = await lane_of(message, self._socket.app.state.limits)
                    if lane not in self._waiting and len(self._waiting) < MOST_LANES:
                        self._waiting[lane] = asyncio.Queue(MOST_WAITING)
                        tasks.append(workers.create_task(self._work(lane)))
                    if lane in self._waiting:
                        await self._waiting[lane].put(message)
                    else:
                        error = InvalidRequest(f"There are {MOST_LANES} lanes already.", param="stream_id")
                        await self._fail(lane, Request(as_request(self._socket.scope)), error)
            for task in tasks:
                task.cancel()

    async def _next(self, ends: float) -> bytes | None:
        """The next message; None when the connection's time is over."""
        try:
            async with asyncio.timeout_at(ends):
                message = await self._socket.receive()
        except TimeoutError:
            await self._say(None, orjson.dumps(too_old()))
            await self._socket.close()
            return None
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1006))
        text: str | None = message.get("text")
        return message.get("bytes") or b"" if text is None else text.encode()

    async def _work(self, lane: str | None) -> None:
        while True:
            message = await self._waiting[lane].get()
            with suppress(WebSocketDisconnect):
                await self._answer(lane, message)

    async def _answer(self, lane: str | None, message: bytes) -> None:
        with turn(self._socket.scope) as (request, refusal):
            try:
                if refusal:
                    raise refusal
                await self._respond(lane, request, message)
            except PunaError as error:
                if isinstance(body := body_of(request), TurnBody) and body.previous_response_id:
                    self._continued.forget(body.previous_response_id)
                await self._fail(lane, request, error)

    async def _respond(self, lane: str | None, request: Request, message: bytes) -> None:
        await keep_document(request, message)
        given = await read_body(request, TurnBody)
        if given.background:
            raise InvalidRequest("A response over a WebSocket can't run in the background.", param="background")
        body = given.model_copy(update={"stream": True})
        note_left_out(request, body)
        entry = entry_of(request)
        run = await responses(request).create(body, entry, explainer(request), self._continued)
        try:
            await run.begin()
            async for blocks in run.blocks():
                for block in blocks:
                    await self._say(lane, data_of(block))
            entry.status = 200
            self._continued.keep(run)
        finally:
            await asyncio.shield(run.stop())
            if entry.spend and entry.last is None:
                entry.spend(len(run.events) + len(message) // 4)

    async def _fail(self, lane: str | None, request: Request, error: PunaError) -> None:
        dialect = dialect_of(request)
        code = dialect.status(error)
        entry_of(request).status = code
        rendered = dialect.render(error, body_of(request))
        await self._say(lane, orjson.dumps({"type": "error", "status": code, **rendered}))

    async def _say(self, lane: str | None, data: bytes) -> None:
        """Send an event, with the lane that it belongs to."""
        within = b"" if lane is None else b'"stream_id":' + orjson.dumps(lane) + b","
        await self._socket.send_text((b"{" + within + data[1:]).decode())


async def lane_of(message: bytes, limits: Limits) -> str | None:
    """The lane that a message is for. Whether it is a message at all, and none with too much in it, is said when its
    turn comes."""
    try:
        given = (await checked(message, limits)).value
    except InvalidRequest:
        return None
    found = given.get("stream_id") if isinstance(given, dict) else None
    return found if isinstance(found, str) else None


def too_old() -> dict[str, Any]:
    """What a connection ends with whose time is over."""
    message = f"The connection is {SECONDS / 60:.0f} minutes old, which is the limit; open a new one."
    error = {"type": "invalid_request_error", "code": "websocket_connection_limit_reached", "message": message}
    return {"type": "error", "status": 400, "error": {**error, "param": None}}


async def connect(socket: WebSocket) -> None:
    """Take a connection and answer what comes over it."""
    await socket.accept()
    await Lanes(socket).serve()
