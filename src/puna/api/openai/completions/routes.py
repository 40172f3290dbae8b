"""POST /v1/completions."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from puna.api.openai.completions.answer import CompletionAnswer
from puna.api.openai.completions.body import CompletionBody
from puna.api.openai.stream import event_stream
from puna.api.services import services_of
from puna.http.body import read_body
from puna.http.exchange import unless_gone
from puna.http.json import JSONResponse
from puna.observation.journal import entry_of


async def create(request: Request) -> Response | ASGIApp:
    """Go on after prompts, whole or as a stream."""
    body = await read_body(request, CompletionBody)
    core = body.to_core()
    answer = CompletionAnswer(
        body.model,
        services_of(request).inference.complete(body.model, core, caller=entry_of(request)),
        choices=core.choices,
        kept=body.n or 1,
        echo=bool(body.echo),
        logprobs=body.logprobs,
    )
    if not body.stream:
        return JSONResponse(await unless_gone(request, answer.whole()))
    return event_stream(request, answer.stream(include_usage=body.includes_usage))
