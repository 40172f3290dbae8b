"""Embeddings with llama.cpp."""

import base64
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from puna.core.completions import Prompt
from puna.core.embeddings import Embedded, EmbeddingRequest
from puna.core.errors import ContextLengthExceeded, InvalidRequest, PunaError
from puna.core.subjects import InputAt
from puna.engines.llama.arguments import LlamaArguments
from puna.engines.llama.completion.prompts import PromptReader
from puna.engines.process.client import EngineClient
from puna.engines.process.pipeline import pipelined

MARKS = 8
"""More tokens than a vocabulary puts around a text."""
INPUTS = 64
"""How many inputs are sent to the engine in one request."""


class Embedder:
    """Embeds with one engine."""

    def __init__(self, client: EngineClient, arguments: LlamaArguments, reader: PromptReader) -> None:
        self._client = client
        self._length = arguments.context_length
        self._reader = reader

    async def embed(self, request: EmbeddingRequest) -> AsyncGenerator[Embedded, None]:
        """The inputs' vectors, in order, as the engine gets done with them.

        Raises:
            InvalidRequest: an input is empty, too long and may not be cut, or has a token that the model lacks.
        """
        inputs, truncate = request.inputs, request.truncate
        batches = (self._batch(inputs, first, truncate=truncate) for first in range(0, len(inputs), INPUTS))
        async with aclosing(pipelined(batches)) as answers:
            async for answer in answers:
                yield answer

    async def _batch(self, inputs: Sequence[Prompt], first: int, *, truncate: bool) -> Embedded:
        import numpy as np

        batch = inputs[first : first + INPUTS]
        subjects = [InputAt(first + place) for place in range(len(batch))]
        if truncate:
            batch = [await self._cut(text, about) for text, about in zip(batch, subjects, strict=True)]
        if not all(isinstance(text, str) for text in batch):
            await self._check(batch, subjects)
        try:
            answer = await self._client.post("/v1/embeddings", {"input": batch, "encoding_format": "base64"})
        except PunaError:
            await self._check(batch, subjects)
            raise
        vectors = tuple(np.frombuffer(base64.b64decode(entry["embedding"]), "<f4") for entry in answer["data"])
        return Embedded(vectors, answer["usage"]["prompt_tokens"])

    async def _cut(self, text: Prompt, about: InputAt) -> Prompt:
        """The text, or the tokens of its beginning where it is too long. Marks of a text's end stay behind them."""
        if len(text if isinstance(text, tuple) else text.encode()) <= self._length - MARKS:
            return text  # no token has less than a byte
        [tokens] = await self._reader.tokens([text], [about])
        if len(tokens) <= self._length:
            return text
        [marks] = await self._reader.tokens([""], [about])
        ends = 0
        while ends < len(marks) and marks[-1 - ends] == tokens[-1 - ends]:
            ends += 1
        return (*tokens[: self._length - ends], *tokens[len(tokens) - ends :])

    async def _check(self, batch: Sequence[Prompt], subjects: Sequence[InputAt]) -> None:
        """Say which input can't be embedded. The engine finds out by itself, but does not tell which one it is."""
        for about, tokens in zip(subjects, await self._reader.tokens(batch, subjects), strict=True):
            if not tokens:
                raise InvalidRequest("The input has no tokens.", about=about)
            if len(tokens) > self._length:
                raise ContextLengthExceeded(len(tokens), self._length, about=about)
