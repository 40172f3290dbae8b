"""An encoder, asked over HTTP."""

import asyncio
import base64
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from importlib import import_module
from typing import Any

from puna.core.completions import Prompt
from puna.core.embeddings import Embedded, EmbeddingRequest
from puna.core.errors import ContextLengthExceeded, EngineFailed, InvalidRequest, PunaError
from puna.core.subjects import InputAt
from puna.engines.encoder.arguments import EncoderArguments
from puna.engines.engine import Embeds
from puna.engines.process.client import EngineClient
from puna.engines.process.engine import ProcessEngine
from puna.engines.process.pipeline import pipelined
from puna.engines.process.process import EngineProcess

INPUTS = 512
"""How many inputs are sent in one request: work for all cores of a large machine, with texts of like length in it."""


class EncoderEngine(ProcessEngine, Embeds):
    """Embeds texts."""

    def __init__(self, arguments: EncoderArguments, process: EngineProcess, stall_timeout: float) -> None:
        client = EngineClient(process.address, process.key, refusal, "/health")
        super().__init__(process, client, arguments.capacity, stall_timeout)

    async def greet(self) -> None:
        await asyncio.to_thread(import_module, "numpy")  # a tenth of a second, which nobody else should wait for

    async def embed(self, request: EmbeddingRequest) -> AsyncGenerator[Embedded, None]:
        inputs = request.inputs
        batches = (self._batch(inputs, first, truncate=request.truncate) for first in range(0, len(inputs), INPUTS))
        async with self.answering(), aclosing(pipelined(batches)) as answers:
            async for answer in answers:
                yield answer

    async def _batch(self, inputs: Sequence[Prompt], first: int, *, truncate: bool) -> Embedded:
        import numpy as np

        body = {"inputs": inputs[first : first + INPUTS], "first": first, "truncate": truncate}
        answer = await self.client.post("/embed", body)
        vectors = tuple(np.frombuffer(base64.b64decode(vector), "<f4") for vector in answer["vectors"])
        return Embedded(vectors, answer["tokens"])


def refusal(error: dict[str, Any]) -> PunaError:
    """What the process's errors mean: an input that has too many tokens, none, or one that the model lacks."""
    if "input" not in error:
        return EngineFailed(error["message"])
    about = InputAt(error["input"])
    if error["tokens"] > error["limit"]:
        return ContextLengthExceeded(error["tokens"], error["limit"], about=about)
    return InvalidRequest(error["message"], about=about)
