"""Answers made of rows: as a stream of JSON lines, or the last row alone."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from puna.api.dialect import dialect_of
from puna.core.errors import PunaError
from puna.core.json import write
from puna.http.body import body_of
from puna.http.exchange import EventStream, unless_gone
from puna.http.json import JSONResponse

Row = dict[str, Any]


async def respond(request: Request, rows: AsyncGenerator[Row, None], *, stream: bool) -> Response | ASGIApp:
    """The rows as they come, or without `stream` the last one. What goes wrong before the first row is a plain
    HTTP error."""
    if not stream:
        return JSONResponse(await unless_gone(request, last(rows)))
    return EventStream(lines(rows), error_line(request), b"application/x-ndjson", keep_alive=None)


async def last(rows: AsyncGenerator[Row, None]) -> Row:
    """The last row."""
    final: Row = {}
    async with aclosing(rows):
        async for row in rows:
            final = row
    return final


async def lines(rows: AsyncGenerator[Row, None]) -> AsyncGenerator[bytes, None]:
    """Each row as a line."""
    async with aclosing(rows):
        async for row in rows:
            yield line(row)


def line(row: Row) -> bytes:
    """One line of JSON."""
    return write(row, orjson.OPT_APPEND_NEWLINE)


def error_line(request: Request) -> Callable[[PunaError], bytes]:
    """An error in the middle is a line too, and the last."""
    dialect, body = dialect_of(request), body_of(request)
    return lambda error: line(dict(dialect.render(error, body)))
