"""POST /v1/images/generations."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from puna.api.openai.images.answer import ImageAnswer
from puna.api.openai.images.body import ImageBody
from puna.api.openai.stream import event_stream
from puna.api.services import services_of
from puna.http.body import read_body
from puna.http.exchange import unless_gone
from puna.http.json import JSONResponse
from puna.observation.journal import entry_of


async def create(request: Request) -> Response | ASGIApp:
    """Make pictures of a prompt."""
    body = await read_body(request, ImageBody)
    events = services_of(request).inference.draw(body.model, body.to_core(), caller=entry_of(request))
    answer = ImageAnswer(body, events)
    if not body.stream:
        return JSONResponse(await unless_gone(request, answer.whole()))
    return event_stream(request, answer.stream())
