"""Streams of OpenAI's API as responses."""

from collections.abc import AsyncGenerator

from starlette.requests import Request

from puna.api.dialect import dialect_of
from puna.http import sse
from puna.http.body import body_of
from puna.http.exchange import EventStream


def event_stream(request: Request, blocks: AsyncGenerator[bytes, None]) -> EventStream:
    """Server-sent events as a response, with an error in their middle as OpenAI's clients expect it."""
    dialect, body = dialect_of(request), body_of(request)
    return EventStream(blocks, lambda error: sse.event(dialect.render(error, body)))
