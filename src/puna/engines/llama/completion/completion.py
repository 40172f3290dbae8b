"""Raw completion with llama.cpp."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from puna.core.completions import CompletionRequest
from puna.core.events import Done, Finished, TextDelta
from puna.engines.llama.completion.stream import CompletionStream, End, Piece
from puna.engines.llama.completion.tokens import TokenReader, Tokens
from puna.engines.llama.grammar.constraint import completion_constraint
from puna.engines.llama.grammar.plan import Guidance
from puna.engines.process.client import EngineClient
from puna.formats.vocabulary import Vocabulary

Generated = TextDelta | Finished | Done


class Completion:
    """What follows the prompts of one request. `vocabulary` is there where log probabilities are wanted."""

    def __init__(
        self,
        request: CompletionRequest,
        prompts: list[Tokens],
        vocabulary: Vocabulary | None,
        *,
        guidance: Guidance = Guidance.SURE,
    ) -> None:
        self._request = request
        self._prompts = prompts
        self._vocabulary = vocabulary
        self._guidance = guidance

    async def events(
        self, client: EngineClient, sampling: dict[str, Any], sequences: int
    ) -> AsyncGenerator[Generated, None]:
        """The answer, at most `sequences` choices of a prompt at once. Raises ConnectionError where the engine broke
        off."""
        request, tokens = self._request, None
        fields = sampling | await completion_constraint(
            request.format, checked=request.checked, guidance=self._guidance
        )
        if request.logprobs is not None and self._vocabulary:
            fields["n_probs"] = max(1, request.logprobs)
            tokens = TokenReader(client, self._vocabulary, self._prompts, request.logprobs)
        stream = CompletionStream(
            client, self._prompts, fields, choices=request.choices, at_once=sequences, tokens=tokens
        )
        async with aclosing(stream.pieces()) as pieces:
            async for piece in pieces:
                if isinstance(piece, Piece):
                    yield TextDelta(piece.index, piece.text, piece.tokens)
                elif isinstance(piece, End):
                    stream.finish(piece.index)
                    yield Finished(piece.index, piece.reason, piece.sequence)
        yield stream.done()
