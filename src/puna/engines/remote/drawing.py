"""Pictures by one server."""

import base64
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from puna.core.errors import InvalidRequest
from puna.core.events import Done, Usage
from puna.core.images import Image, ImageEvent, ImageRequest, PartialImage
from puna.core.subjects import RequestedModel
from puna.engines.remote.upstream import Upstream

QUALITIES: Mapping[float, str] = {0.25: "low", 0.5: "medium", 1.0: "high", 1.5: "xhigh", 2.0: "max"}
"""The words for each part of a model's own number of steps."""


async def draw(upstream: Upstream, request: ImageRequest) -> AsyncGenerator[ImageEvent, None]:
    """The pictures, unfinished ones among them, then `Done`. Raises as `Upstream.asked` does."""
    traits = await upstream.traits()
    if not traits.server.draws:
        message = f"Puna can't generate images with a server of this kind ({traits.server.name})."
        raise InvalidRequest(message, about=RequestedModel())
    if traits.capabilities is not None and "image" not in traits.capabilities:
        raise InvalidRequest("This model can't make images.", about=RequestedModel())
    number = prompt_tokens = tokens = 0
    async with aclosing(upstream.stream("/images/generations", image_body(request, upstream))) as events:
        async for event in events:
            kind = str(event.get("type")).rpartition(".")[2]
            if kind == "partial_image":
                yield PartialImage(number, event["partial_image_index"], picture(event), size_of(event))
            elif kind == "completed":
                usage = event.get("usage") or {}
                prompt_tokens, drawn = usage.get("input_tokens") or 0, usage.get("output_tokens") or 0
                yield Image(number, picture(event), size_of(event), event["seed"], prompt_tokens, drawn)
                number, tokens = number + 1, tokens + drawn
    if number < request.images:
        raise ConnectionError("the stream ended before the pictures did")
    yield Done(Usage(prompt_tokens, tokens))


def image_body(request: ImageRequest, upstream: Upstream) -> dict[str, Any]:
    """The body. What is left to the model is left out."""
    size = f"{request.size[0]}x{request.size[1]}" if request.size else None
    body = {
        "model": upstream.address.model,
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt or None,
        "size": size,
        "n": request.images,
        "steps": request.steps,
        "quality": QUALITIES[request.effort],
        "guidance": request.guidance,
        "seed": request.seed,
        "output_format": request.format,
        "output_compression": None if request.format == "png" else request.compression,
        "partial_images": request.partial_images,
        "stream": True,
    }
    return {name: value for name, value in body.items() if value is not None}


def picture(event: dict[str, Any]) -> bytes:
    """The file in an event."""
    return base64.b64decode(event["b64_json"])


def size_of(event: dict[str, Any]) -> tuple[int, int]:
    """Width and height."""
    width, _, height = event["size"].partition("x")
    return int(width), int(height)
