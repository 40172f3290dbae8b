"""POST /api/generate."""

import secrets
from typing import Annotated, Any, Self

from pydantic import Field, model_validator
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from puna.api.ollama.answer import Piece, answer_rows
from puna.api.ollama.generation import GenerationBody, parts
from puna.api.ollama.image import image_rows
from puna.api.ollama.lines import respond
from puna.api.ollama.options import DEFAULTS
from puna.api.ollama.reply import Reply
from puna.core.completions import CompletionRequest
from puna.core.errors import InvalidRequest
from puna.core.images import ImageRequest
from puna.core.messages import Message, Text
from puna.core.requests import ChatRequest
from puna.http.body import read_body, unsupported
from puna.images.load import ImageLoader

MOST_EDGE = 4096
"""Pixels of a picture's edge."""
TEXT_ONLY = ("suffix", "system", "raw", "images", "template", "format", "think", "logprobs")
"""Fields that mean nothing where pictures are made."""


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
    width: Annotated[int, Field(ge=1, le=MOST_EDGE)] | None = None
    height: Annotated[int, Field(ge=1, le=MOST_EDGE)] | None = None
    steps: Annotated[int, Field(ge=1, le=500)] | None = None

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

    def to_image(self, seed: int | None) -> ImageRequest:
        """The prompt as one for a picture. Raises InvalidRequest for what only means something for text."""
        for name in TEXT_ONLY:
            if getattr(self, name):
                raise InvalidRequest(f"'{self.model}' is an image model; '{name}' is for text models", param=name)
        if (self.width is None) != (self.height is None):
            raise InvalidRequest("'width' and 'height' have to be set together", param="width")
        return ImageRequest(
            prompt=self.prompt or "",
            size=(self.width, self.height) if self.width and self.height else None,
            steps=self.steps,
            seed=secrets.randbelow(2**32) if seed is None or seed < 0 else seed,
        )

    def check_no_image(self) -> None:
        """Raises InvalidRequest for what only means something where pictures are made."""
        for name in ("width", "height", "steps"):
            if getattr(self, name) is not None:
                raise InvalidRequest(f"'{self.model}' is not an image model; '{name}' is for those", param=name)

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
    if reply.makes_images:
        core_image = body.to_image(reply.engine_use["parameters"].seed)
        images = reply.inference.draw(body.model, core_image, **reply.engine_use)
        return await respond(request, image_rows(body.model, images), stream=not reply.whole)
    body.check_no_image()
    reply.check("generate")
    if body.is_raw:
        completion = reply.inference.complete(body.model, body.to_completion(), **reply.engine_use)
        return await reply.send(answer_rows(body.model, completion, render))
    core = await body.to_chat(reply.images)
    events = reply.inference.chat(
        body.model, core, whole=reply.whole, template=checked(body.template), **reply.engine_use
    )
    return await reply.send(answer_rows(body.model, events, render))
