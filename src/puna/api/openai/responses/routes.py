"""The paths under /v1/responses."""

import asyncio
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from puna.api.mistakes import invalid_value
from puna.api.openai.responses.body import CompactBody, CountBody, CreateBody
from puna.api.openai.responses.compaction import compact
from puna.api.openai.responses.creation import explainer, note_left_out, responses
from puna.api.openai.responses.identifier import is_owned
from puna.api.openai.responses.pages import Page, read_include
from puna.api.openai.responses.run import Run
from puna.api.openai.responses.service import no_response
from puna.api.openai.responses.tools import refuse_hosted
from puna.api.openai.stream import event_stream
from puna.api.services import services_of
from puna.core.errors import InvalidRequest
from puna.http.body import read_body, read_document
from puna.http.exchange import unless_gone
from puna.http.json import JSONResponse
from puna.observation.journal import entry_of


async def create(request: Request) -> Response | ASGIApp:
    """Make a response: whole, as a stream, or in the background."""
    await refuse_what_is_not_here(request)
    body = await read_body(request, CreateBody)
    note_left_out(request, body)
    run = await responses(request).create(body, entry_of(request), explainer(request))
    if body.background:
        if body.stream:
            return event_stream(request, run.stream())
        return JSONResponse({**run.answer.response, "status": "queued"})
    try:
        if not body.stream:
            return JSONResponse(await unless_gone(request, run.whole()))
        await unless_gone(request, run.begin())
    except BaseException:
        await run.stop()
        raise
    return event_stream(request, attended(run))


async def attended(run: Run) -> Any:
    """The stream of a response that ends when its client leaves."""
    try:
        async for block in run.stream():
            yield block
    finally:
        await asyncio.shield(run.stop())


async def retrieve(request: Request) -> Response | ASGIApp:
    """A response that was made, or its stream from any point."""
    key, query = own_key(request), request.query_params
    read_include(query)
    stream = query.get("stream", "false").lower()
    if stream not in ("true", "false"):
        message = f"Invalid 'stream': expected true or false, but got {stream!r}."
        raise InvalidRequest(message, param="stream", code="invalid_type")
    after = read_starting_after(query)
    if stream == "true":
        return event_stream(request, await responses(request).stream(key, -1 if after is None else after))
    if after is not None:
        message = "'starting_after' is only allowed when 'stream' is true."
        raise invalid_value("starting_after", message)
    return JSONResponse(await responses(request).get(key))


def own_key(request: Request) -> str:
    """The id of the response that the path names. Raises NotFound: it is another API key's."""
    key: str = request.path_params["response_id"]
    if not is_owned(key, entry_of(request).owner):
        raise no_response(key)
    return key


def read_starting_after(query: QueryParams) -> int | None:
    """The number of the last event that is not wanted. Raises InvalidRequest."""
    after = query.get("starting_after")
    if after is None or (after.isascii() and after.isdecimal() and len(after) < 19):
        return None if after is None else int(after)
    message = f"Invalid 'starting_after': expected a sequence number, but got {after!r}."
    raise InvalidRequest(message, param="starting_after", code="invalid_type")


async def delete(request: Request) -> Response:
    """Forget a response."""
    key = own_key(request)
    await responses(request).delete(key)
    return JSONResponse({"id": key, "object": "response", "deleted": True})


async def cancel(request: Request) -> Response:
    """End a background response."""
    return JSONResponse(await responses(request).cancel(own_key(request)))


async def list_input_items(request: Request) -> Response:
    """What a response was made from."""
    page = Page.of(request.query_params)
    key = own_key(request)
    items = await responses(request).input_items(key)
    return JSONResponse(page.render(items))


async def count_input_tokens(request: Request) -> Response:
    """Count the tokens of a prompt."""
    await refuse_what_is_not_here(request)
    body = await read_body(request, CountBody)
    tokens = await unless_gone(request, responses(request).count(body, entry_of(request)))
    return JSONResponse({"object": "response.input_tokens", "input_tokens": tokens})


async def create_compaction(request: Request) -> Response:
    """Shorten a conversation."""
    body = await read_body(request, CompactBody)
    return JSONResponse(
        await unless_gone(
            request, compact(responses(request), services_of(request).state.seal, body, entry_of(request))
        )
    )


async def refuse_what_is_not_here(request: Request) -> None:
    """Say of hosted tools that they are not here, which says more than that their fields are unknown."""
    document = await read_document(request, media=True)
    if isinstance(document.value, dict):
        refuse_hosted(document.value)
