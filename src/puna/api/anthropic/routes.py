"""POST /v1/messages and /v1/messages/count_tokens."""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from puna.api.anthropic.answer import PING, Stream, nothing_said, streamed, whole, written
from puna.api.anthropic.body import CountBody, MessagesBody, PromptBody
from puna.api.anthropic.clearing import applied_edits, without_older_thoughts
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
    conversation = await prompt_of(request, body)
    prompt = without_older_thoughts(conversation, body.kept_thoughts)
    edits = await unless_gone(request, applied_edits(conversation, prompt, counting(request, body)))
    beta = {"context_management": {"applied_edits": edits}} if body.context_management else {}
    entry = entry_of(request)
    asked = replace(prompt, sampling=body.sampling, tells_prompt=bool(body.stream))
    events = services.inference.chat(body.model, asked, caller=entry, whole=not body.stream)
    if not body.max_tokens:
        events = nothing_said(events)
    sign = partial(signature, services.state.seal, omitted=body.omits_thoughts)
    stream = Stream(
        body.model, body.max_tokens, sign, reading=lambda: entry.reading, omits=body.omits_thoughts, beta=beta
    )
    if not body.stream:
        return JSONResponse(await unless_gone(request, whole(stream, events)))
    return EventStream(streamed(stream, events), partial(error_event, request), keep_alive=PING)


async def count(request: Request) -> Response:
    """Count the tokens of a prompt."""
    body = await read_body(request, CountBody)
    conversation = await prompt_of(request, body)
    prompt = without_older_thoughts(conversation, body.kept_thoughts)
    tokens = counting(request, body)
    counted = original = await unless_gone(request, tokens(prompt))
    if prompt is not conversation:
        original = await unless_gone(request, tokens(conversation))
    edited = {"context_management": {"original_input_tokens": original}} if body.context_management else {}
    return JSONResponse({"input_tokens": counted, **edited})


def counting(request: Request, body: PromptBody) -> Callable[[ChatRequest], Coroutine[None, None, int]]:
    """What counts the tokens of a prompt for the model that the body names."""
    inference = services_of(request).inference
    return lambda prompt: inference.count_prompt(body.model, prompt, caller=entry_of(request))


async def prompt_of(request: Request, body: PromptBody) -> ChatRequest:
    """The request as the core has it. Which of its tools are not here is noted."""
    services = services_of(request)
    images = services.images.shown_to(lambda: services.inference.sees(body.model), entry_of(request).ignore)
    prompt = await body.prompt(services.state.seal, images)
    for name in body.toolbox.left_out:
        entry_of(request).ignore(name, NOT_HERE)
    return prompt


def error_event(request: Request, error: PunaError) -> bytes:
    """An error in the middle of a stream, which ends it."""
    return written({**dialect_of(request).render(error, body_of(request)), "type": "error"})
