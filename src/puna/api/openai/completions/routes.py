"""POST /v1/completions."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from puna.api.openai.chat.answer import event_stream
from puna.api.openai.completions.answer import CompletionAnswer
from puna.api.openai.completions.body import CompletionBody
from puna.http.body import read_body
from puna.http.exchange import unless_gone
from puna.http.json import JSONResponse
from puna.inference.inference import Inference


async def create(request: Request) -> Response | ASGIApp:
    """Go on after prompts, whole or as a stream."""
    inference: Inference = request.app.state.inference
    body = await read_body(request, CompletionBody)
    core = body.to_core()
    answer = CompletionAnswer(
        body.model,
        inference.complete(body.model, core),
        choices=core.choices,
        kept=body.n or 1,
        echo=bool(body.echo),
        logprobs=body.logprobs,
    )
    if not body.stream:
        return JSONResponse(await unless_gone(request, answer.whole()))
    include_usage = body.stream_options is not None and bool(body.stream_options.include_usage)
    return event_stream(request, answer.stream(include_usage=include_usage))
