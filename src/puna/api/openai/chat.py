"""POST /v1/chat/completions."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from puna.api.body import read_body
from puna.api.exchange import EventStream, unless_gone
from puna.api.json import JSONResponse
from puna.api.openai.chat_answer import ChatAnswer
from puna.api.openai.chat_body import ChatBody
from puna.core.errors import UnsupportedSchema
from puna.images.load import ImageLoader
from puna.inference import Inference


async def create(request: Request) -> Response | ASGIApp:
    """Answer a conversation, whole or as a stream."""
    body = await read_body(request, ChatBody)
    try:
        return await unless_gone(request, answered(request, body))
    except UnsupportedSchema as error:
        raise body.located(error) from error


async def answered(request: Request, body: ChatBody) -> Response | ASGIApp:
    """The whole answer, or a stream that has begun."""
    inference: Inference = request.app.state.inference
    images: ImageLoader = request.app.state.images
    core = await body.to_core(images)
    answer = ChatAnswer(
        body.model, inference.chat(body.model, core, whole=not body.stream), legacy=body.functions is not None
    )
    if not body.stream:
        return JSONResponse(await answer.whole())
    await answer.begin()
    include_usage = body.stream_options is not None and bool(body.stream_options.include_usage)
    return EventStream(answer.stream(include_usage=include_usage))
