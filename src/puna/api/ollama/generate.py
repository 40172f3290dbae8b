"""POST /api/generate."""

from typing import Annotated, Any, Self

from pydantic import model_validator
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from puna.api.ollama.answer import Piece, answer_rows
from puna.api.ollama.generation import GenerationBody, parts
from puna.api.ollama.options import DEFAULTS
from puna.api.ollama.reply import Reply
from puna.core.completions import CompletionRequest
from puna.core.errors import InvalidRequest
from puna.core.messages import Message, Text
from puna.core.requests import ChatRequest
from puna.http.body import read_body, unsupported
from puna.images.load import ImageLoader

NO_IMAGES = unsupported("Image generation is not supported")


class GenerateBody(GenerationBody):
    """The request's body. Without a prompt it only loads the model, or unloads it with `keep_alive` 0.

    A `template` takes the place of the model's for this request; what `context` was for is /api/chat's work.
    """

    prompt: str | None = None
    suffix: str | None = None
    system: str | None = None
    raw: bool | None = None
    images: list[str] | None = None
    template: str | None = None
    context: Annotated[None, unsupported("For a conversation use /api/chat")] = None
    width: Annotated[None, NO_IMAGES] = None
    height: Annotated[None, NO_IMAGES] = None
    steps: Annotated[None, NO_IMAGES] = None

    @property
    def is_raw(self) -> bool:
        """Whether no template is applied."""
        return bool(self.raw or self.suffix)

    @model_validator(mode="after")
    def check_together(self) -> Self:
        """Fields that exclude one another."""
        given = {"system": self.system, "template": self.template, "images": self.images, "think": self.think}
        for name, value in given.items():
            if self.is_raw and value:
                raise InvalidRequest(f"'{name}' can't be used with 'raw' or 'suffix'", param=name)
        return self

    async def to_chat(self, images: ImageLoader) -> ChatRequest:
        """The prompt as a conversation of one message."""
        messages = [Message(role="user", content=await parts(self.prompt or "", self.images, "images", images))]
        if self.system:
            messages.insert(0, Message(role="system", content=(Text(self.system),)))
        return ChatRequest(
            messages=tuple(messages),
            defaults=DEFAULTS,
            logprobs=self.alternatives,
            format=self.core_format,
            effort=self.effort,
        )

    def to_completion(self) -> CompletionRequest:
        """The prompt as it is."""
        return CompletionRequest(
            prompts=(self.prompt or "",),
            suffix=self.suffix or None,
            defaults=DEFAULTS,
            logprobs=self.alternatives,
            format=self.core_format,
        )


def checked(template: str | None) -> str | None:
    """A template that can be rendered; None for none. Raises InvalidRequest."""
    if not template:
        return None
    from puna.library.template import check_template  # few requests have one

    check_template(template)
    return template


def render(piece: Piece) -> dict[str, Any]:
    """A piece as a response."""
    return {"response": piece.text, **({"thinking": piece.thinking} if piece.thinking else {})}


async def create(request: Request) -> Response | ASGIApp:
    """Answer a prompt, or go on after it."""
    body = await read_body(request, GenerateBody)
    reply = Reply(request, body, render)
    if not (body.prompt or body.images or body.suffix):
        return await reply.to_nothing()
    reply.check("generate")
    if body.is_raw:
        completion = reply.inference.complete(body.model, body.to_completion(), **reply.engine_use)
        return await reply.send(answer_rows(body.model, completion, render))
    core = await body.to_chat(reply.images)
    events = reply.inference.chat(
        body.model, core, whole=reply.whole, template=checked(body.template), **reply.engine_use
    )
    return await reply.send(answer_rows(body.model, events, render))
