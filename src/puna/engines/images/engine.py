"""A pipeline, asked over HTTP."""

import base64
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import asdict
from typing import Any

from puna.core.errors import EngineFailed, InvalidRequest, PunaError
from puna.core.events import Done, Timings, Usage
from puna.core.images import Image, ImageEvent, ImageRequest, PartialImage, StepDone
from puna.core.subjects import PromptAt, Setting, Subject
from puna.engines.engine import Draws
from puna.engines.images.arguments import ImageArguments
from puna.engines.process.client import EngineClient
from puna.engines.process.engine import ProcessEngine
from puna.engines.process.process import EngineProcess

_log = logging.getLogger(__name__)


class ImageEngine(ProcessEngine, Draws):
    """Draws pictures."""

    def __init__(self, arguments: ImageArguments, process: EngineProcess, stall_timeout: float) -> None:
        client = EngineClient(process.address, process.key, refusal, "/health")
        super().__init__(process, client, arguments.capacity, stall_timeout)

    async def draw(self, request: ImageRequest) -> AsyncGenerator[ImageEvent, None]:
        prompt_tokens = tokens = 0
        async with self.answering(), aclosing(self.client.stream("/images", asdict(request))) as rows:
            async for row in rows:
                event = event_of(row)
                if isinstance(event, StepDone):
                    _log.debug("image %d: step %d of %d", event.image + 1, event.step, event.steps)
                elif isinstance(event, Image):
                    prompt_tokens, tokens = event.prompt_tokens, tokens + event.tokens
                elif isinstance(event, Done):
                    event = Done(Usage(prompt_tokens, tokens), event.timings)
                yield event


def event_of(row: dict[str, Any]) -> ImageEvent:
    """What a line of the process says."""
    kind = row.pop("kind")
    if kind == "step":
        return StepDone(**row)
    if kind == "done":
        return Done(Usage(0, 0), Timings(completion=row["seconds"]))
    row |= {"data": base64.b64decode(row["data"]), "size": tuple(row["size"])}
    return PartialImage(**row) if kind == "partial" else Image(**row)


def refusal(error: dict[str, Any]) -> PunaError:
    """What the process's errors mean: something in the request that the pipeline can't do, or a failure."""
    if "about" not in error:
        return EngineFailed(error["message"])
    about: Subject = PromptAt(0) if error["about"] == "prompt" else Setting(error["about"])
    return InvalidRequest(error["message"], about=about)
