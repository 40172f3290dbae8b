"""Pictures as one answer, or as a stream of events."""

import base64
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from puna.api.openai.images.body import ImageBody
from puna.core.events import Done, Usage
from puna.core.images import Image, ImageEvent, PartialImage
from puna.http import sse


class ImageAnswer:
    """Renders the events of one request."""

    def __init__(self, body: ImageBody, events: AsyncGenerator[ImageEvent, None]) -> None:
        self._events = events
        self._created = int(time.time())
        self._frame = {
            "background": "opaque",
            "output_format": body.output_format or "png",
            "quality": body.shown_quality,
        }

    async def whole(self) -> dict[str, Any]:
        """All pictures in one object."""
        images: list[Image] = []
        usage = Usage(0, 0)
        async with aclosing(self._events) as events:
            async for event in events:
                if isinstance(event, Image):
                    images.append(event)
                elif isinstance(event, Done):
                    usage = event.usage
        return {
            "created": self._created,
            **self._frame,
            "size": size_text(images[0].size),
            "data": [{"b64_json": encoded(image.data), "seed": image.seed} for image in images],
            "usage": render_usage(usage),
        }

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """An event for each picture, and for each that shows one unfinished."""
        async with aclosing(self._events) as events:
            async for event in events:
                if isinstance(event, PartialImage):
                    yield self._event("partial_image", event, partial_image_index=event.index)
                elif isinstance(event, Image):
                    usage = render_usage(Usage(event.prompt_tokens, event.tokens))
                    yield self._event("completed", event, seed=event.seed, usage=usage)

    def _event(self, kind: str, image: PartialImage | Image, **more: Any) -> bytes:
        name = f"image_generation.{kind}"
        shown = {"b64_json": encoded(image.data), "created_at": self._created, "size": size_text(image.size)}
        return sse.event({"type": name, **shown, **self._frame, **more}, name)


def encoded(data: bytes) -> str:
    """A file as JSON can hold it."""
    return base64.b64encode(data).decode()


def size_text(size: tuple[int, int]) -> str:
    """Width and height."""
    return f"{size[0]}x{size[1]}"


def render_usage(usage: Usage) -> dict[str, Any]:
    """The tokens of the prompt, and those of the pictures."""
    return {
        "input_tokens": usage.prompt_tokens,
        "input_tokens_details": {"text_tokens": usage.prompt_tokens, "image_tokens": 0},
        "output_tokens": usage.completion_tokens,
        "output_tokens_details": {"image_tokens": usage.completion_tokens, "text_tokens": 0},
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
    }
