"""POST /v1/messages and /v1/messages/count_tokens."""

from dataclasses import replace
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from puna.api.anthropic.answer import PING, Stream, streamed, whole, written
from puna.api.anthropic.body import CountBody, MessagesBody, PromptBody
from puna.api.anthropic.thinking import signature
from puna.api.anthropic.tools import NOT_HERE
from puna.api.dialect import dialect_of
from puna.api.services import services_of
from puna.core.errors import PunaError
from puna.core.requests import ChatRequest
from puna.http.body import body_of, read_body
from puna.http.exchange import EventStream, unless_gone
from puna.http.json import JSONResponse
from puna.observation.journal import entry_of


async def create(request: Request) -> Response | ASGIApp:
    """Answer a conversation, whole or as a stream."""
    body = await read_body(request, MessagesBody)
    body.check_budget(request.headers.get("anthropic-beta", ""))
    services = services_of(request)
    prompt = replace(await prompt_of(request, body), sampling=body.sampling)
    events = services.inference.chat(body.model, prompt, caller=entry_of(request), whole=not body.stream)
    sign = partial(signature, services.state.seal, omitted=body.omits_thoughts)
    stream = Stream(body.model, body.max_tokens, sign, omits=body.omits_thoughts, beta=applied(body))
    if not body.stream:
        return JSONResponse(await unless_gone(request, whole(stream, events)))
    return EventStream(streamed(stream, events), partial(error_event, request), keep_alive=PING)


async def count(request: Request) -> Response:
    """How many tokens a prompt has."""
    body = await read_body(request, CountBody)
    prompt = await prompt_of(request, body)
    inference = services_of(request).inference
    counted = await unless_gone(request, inference.count_prompt(body.model, prompt, caller=entry_of(request)))
    edited = {"context_management": {"original_input_tokens": counted}} if body.context_management else {}
    return JSONResponse({"input_tokens": counted, **edited})


async def prompt_of(request: Request, body: PromptBody) -> ChatRequest:
    """The request as the core has it. Which of its tools are not here is noted."""
    services = services_of(request)
    images = services.images.shown_to(lambda: services.inference.sees(body.model))
    prompt = await body.prompt(services.state.seal, images)
    for name in body.toolbox.left_out:
        entry_of(request).ignore(name, NOT_HERE)
    return prompt


def applied(body: PromptBody) -> dict[str, Any]:
    """What the answer says of a conversation that was to be cleared."""
    return {"context_management": {"applied_edits": []}} if body.context_management else {}


def error_event(request: Request, error: PunaError) -> bytes:
    """An error in the middle of a stream, which ends it."""
    return written({**dialect_of(request).render(error, body_of(request)), "type": "error"})
