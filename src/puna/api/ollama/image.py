"""A picture as rows of JSON: one for each step, and a last one with the picture."""

import base64
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from puna.api.ollama.answer import measured, row
from puna.api.ollama.lines import Row
from puna.core.events import Done
from puna.core.images import Image, ImageEvent, StepDone


async def image_rows(model: str, events: AsyncGenerator[ImageEvent, None]) -> AsyncGenerator[Row, None]:
    """The rows of one picture."""
    started = time.monotonic()
    picture = ""
    async with aclosing(events):
        async for event in events:
            if isinstance(event, StepDone):
                yield row(model, {"response": "", "completed": event.step, "total": event.steps})
            elif isinstance(event, Image):
                picture = base64.b64encode(event.data).decode()
            elif isinstance(event, Done):
                ended = {"done": True, "done_reason": "stop", **measured(event, time.monotonic() - started)}
                yield row(model, {"response": "", "image": picture}) | ended
