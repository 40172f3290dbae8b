"""POST /v1/chat/completions."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from puna.api.openai.chat.answer import ChatAnswer
from puna.api.openai.chat.body import ChatBody
from puna.api.openai.stream import event_stream
from puna.api.services import services_of
from puna.http.body import read_body
from puna.http.exchange import unless_gone
from puna.http.json import JSONResponse
from puna.observation.journal import entry_of


async def create(request: Request) -> Response | ASGIApp:
    """Answer a conversation, whole or as a stream."""
    body = await read_body(request, ChatBody)
    services = services_of(request)
    inference = services.inference
    caller = entry_of(request)
    core = await body.to_core(services.images.shown_to(lambda: inference.sees(body.model), caller.ignore))
    events = inference.chat(body.model, core, caller=caller, whole=not body.stream)
    answer = ChatAnswer(
        body.model, events, legacy=body.functions is not None, custom=body.custom, thoughts=body.thoughts_wanted
    )
    if not body.stream:
        return JSONResponse(await unless_gone(request, answer.whole()))
    return event_stream(request, answer.stream(include_usage=body.includes_usage))
