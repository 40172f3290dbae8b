"""Raw completion with llama.cpp."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from puna.core.completions import CompletionRequest
from puna.core.events import Done, Finished, FinishReason, TextDelta, Timings, TokenLogprob, Usage
from puna.engines.llama.completion.prompts import Tokens
from puna.engines.llama.grammar.constraint import completion_constraint
from puna.engines.process.client import EngineClient
from puna.formats.vocabulary import Vocabulary

FINISH_REASONS: dict[str, FinishReason] = {"eos": "stop", "word": "stop", "limit": "length"}


Generated = TextDelta | Finished | Done


class Completion:
    """One request on its way through the engine: the prompts' tokens, and what has come back so far.

    `vocabulary` is there where log probabilities are wanted: in a stream the engine names a token by the text it
    sends with it, which is empty while a character or a possible stop sequence is incomplete.
    """

    def __init__(self, request: CompletionRequest, prompts: list[Tokens], vocabulary: Vocabulary | None) -> None:
        self._request = request
        self._prompts = prompts
        self._vocabulary = vocabulary
        self._held: dict[int, list[TokenLogprob]] = {}
        self._completion_tokens = 0
        self._cached: dict[int, int] = {}
        self._seconds = Timings()
        self._unfinished = len(prompts) * request.choices

    async def events(
        self, client: EngineClient, sampling: dict[str, Any], sequences: int
    ) -> AsyncGenerator[Generated, None]:
        """The answer. The engine makes at most `sequences` choices of a prompt at once; more come in rounds.

        Raises ConnectionError where the engine broke off.
        """
        choices = self._request.choices
        constraint = await completion_constraint(self._request.format)
        for first in range(0, choices, sequences):
            together = min(sequences, choices - first)
            body = self._body(sampling, first, together) | constraint
            async with aclosing(client.stream("/completion", body)) as chunks:
                async for chunk in chunks:
                    prompt, choice = divmod(chunk["index"], together)
                    for event in self._read(chunk, prompt * choices + first + choice):
                        yield event
        if self._unfinished:
            raise ConnectionError("the engine's answer has no end")
        prompt_tokens = sum(map(len, self._prompts))
        yield Done(Usage(prompt_tokens, self._completion_tokens, sum(self._cached.values())), self._seconds)

    def _body(self, sampling: dict[str, Any], first: int, together: int) -> dict[str, Any]:
        body = {**sampling, "prompt": self._prompts, "n_cmpl": together, "stream": True}
        if first and "seed" in sampling:
            body["seed"] = (sampling["seed"] + first) % (2**32 - 1)
        if self._request.logprobs is not None:
            body["n_probs"] = max(1, self._request.logprobs)
        return body

    def _read(self, chunk: dict[str, Any], index: int) -> list[Generated]:
        if chunk["stop"]:
            return self._finish(chunk, index)
        held = self._held.setdefault(index, [])
        if self._vocabulary:
            held += [self._logprob(token) for token in chunk.get("completion_probabilities", ())]
        if not chunk["content"]:
            return []
        self._held[index] = []
        return [TextDelta(index, chunk["content"], tuple(held))]

    def _finish(self, chunk: dict[str, Any], index: int) -> list[Generated]:
        """A choice's last chunk. Tokens whose text was held back belong to a stop sequence, or a limit came first."""
        self._unfinished -= 1
        timings = chunk["timings"]
        self._completion_tokens += chunk["tokens_predicted"]
        prompt = index // self._request.choices
        cached = timings.get("cache_n", 0)
        # All choices but one find the prompt in the cache, put there by that one.
        self._cached[prompt] = min(cached, self._cached.get(prompt, cached))
        self._seconds = Timings(
            max(self._seconds.prompt, timings["prompt_ms"] / 1000),
            max(self._seconds.completion, timings["predicted_ms"] / 1000),
        )
        reason = FINISH_REASONS[chunk["stop_type"]]
        held = self._held.pop(index, [])
        rest: list[Generated] = [TextDelta(index, "", tuple(held))] if held and reason == "length" else []
        return [*rest, Finished(index, reason)]

    def _logprob(self, token: dict[str, Any]) -> TokenLogprob:
        top = token["top_logprobs"][: self._request.logprobs]
        return self._token(token, tuple(self._token(other) for other in top))

    def _token(self, token: dict[str, Any], top: tuple[TokenLogprob, ...] = ()) -> TokenLogprob:
        assert self._vocabulary is not None
        data = self._vocabulary.data(token["id"])
        return TokenLogprob(token["id"], data.decode(errors="replace"), data, token["logprob"], top)
