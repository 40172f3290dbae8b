"""Embeddings with llama.cpp."""

import base64
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

import numpy as np

from puna.core.completions import Prompt
from puna.core.embeddings import Embedded
from puna.core.errors import ContextLengthExceeded, InvalidRequest, PunaError
from puna.core.subjects import InputAt
from puna.engines.llama.completion.prompts import PromptReader
from puna.engines.llama.launch import LlamaLaunch, Pooling
from puna.engines.process.client import EngineClient
from puna.engines.process.pipeline import pipelined
from puna.formats.gguf import Metadata

SEQUENCES = 32
"""How many texts an engine embeds at once, as far as their tokens fit in one batch."""
ENCODER_TOKENS = 8192
"""The longest text that is embedded by a model whose tokens see one another both ways: all at once, in a batch."""
DECODER_TOKENS = 2048
"""The same for a model that generates. llama.cpp makes logits of all these tokens, though nobody reads them."""
INPUTS = 64
"""How many inputs are sent to the engine in one request."""


def embedding_launch(launch: LlamaLaunch, metadata: Metadata) -> LlamaLaunch:
    """The engine that embeds with the model of that launch."""
    pooling: Pooling = "mean" if metadata.pooling in (None, "none") else "model"
    length = min(launch.context_length, DECODER_TOKENS if metadata.pooling is None else ENCODER_TOKENS)
    return replace(
        launch,
        context_length=length,
        batch_tokens=length,
        cache_tokens=2 * length,
        sequences=SEQUENCES,
        pooling=pooling,
        chat_template=None,
        projector=None,
    )


class Embedder:
    """Embeds with one engine."""

    def __init__(self, client: EngineClient, launch: LlamaLaunch, reader: PromptReader) -> None:
        self._client = client
        self._length = launch.context_length
        self._reader = reader

    async def embed(self, inputs: Sequence[Prompt]) -> AsyncGenerator[Embedded, None]:
        """The inputs' vectors, in order, as the engine gets done with them.

        Raises:
            InvalidRequest: an input is empty, too long, or has a token that the model lacks.
        """
        batches = (self._batch(inputs, first) for first in range(0, len(inputs), INPUTS))
        async with aclosing(pipelined(batches)) as answers:
            async for answer in answers:
                yield answer

    async def _batch(self, inputs: Sequence[Prompt], first: int) -> Embedded:
        batch = inputs[first : first + INPUTS]
        subjects = [InputAt(first + place) for place in range(len(batch))]
        if not all(isinstance(text, str) for text in batch):
            await self._check(batch, subjects)
        try:
            answer = await self._client.post("/v1/embeddings", {"input": batch, "encoding_format": "base64"})
        except PunaError:
            await self._check(batch, subjects)
            raise
        vectors = tuple(np.frombuffer(base64.b64decode(entry["embedding"]), "<f4") for entry in answer["data"])
        return Embedded(vectors, answer["usage"]["prompt_tokens"])

    async def _check(self, batch: Sequence[Prompt], subjects: Sequence[InputAt]) -> None:
        """Say which input can't be embedded. The engine finds out by itself, but does not tell which one it is."""
        for about, tokens in zip(subjects, await self._reader.tokens(batch, subjects), strict=True):
            if not tokens:
                raise InvalidRequest("The input has no tokens.", about=about)
            if len(tokens) > self._length:
                raise ContextLengthExceeded(len(tokens), self._length, about=about)
