"""The log probabilities of given text.

llama-server gives log probabilities of what it generates only. Two ways lead round that:

* An engine in embedding mode without pooling gives the hidden state of every token of a prompt, at the speed of
  prompt processing. `OutputMatrix` makes log probabilities of them. Where a model does something else at its end, a
  comparison with the engine's own log probabilities shows it.
* A grammar of token literals makes the engine generate exactly the given tokens, at the speed of generation.

A text that is longer than the engine's batch begins with the first way and ends with the second: what comes later
changes nothing in the states before it.

The first is also the more exact one. Before it multiplies with quantised weights, llama.cpp quantises the other side
as well, to eight bits in blocks of 32; that of the last product weighs most, as nothing after it evens it out, and
Puna computes that product in float32.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from itertools import islice, takewhile
from typing import Any

import numpy as np

from puna.core.completions import PromptToken
from puna.core.errors import DamagedModel, EngineFailed
from puna.core.events import TokenLogprob
from puna.engines.llama.arguments import GROUP_TOKENS, LlamaArguments
from puna.engines.llama.completion.output_matrix import Floats, OutputMatrix, Scores, last_steps
from puna.engines.llama.completion.tokens import Tokens
from puna.engines.process.client import EngineClient
from puna.formats.gguf import Metadata
from puna.formats.vocabulary import Vocabulary

TRIAL = "The quick brown fox jumps over the lazy dog, and nobody knows why it"
"""The text on which the fast way has to agree with the engine."""
TRIAL_ALTERNATIVES = 20
TOLERANCE = 0.15
"""How far apart both may be on average: quantised weights meet activations that the engine quantises as well."""


class Scorer:
    """Scores prompts with one engine."""

    def __init__(self, client: EngineClient, arguments: LlamaArguments, vocabulary: Vocabulary) -> None:
        self._client = client
        self._arguments = arguments
        self._vocabulary = vocabulary
        self._batch_tokens = arguments.batch_tokens or 0
        self._matrix: OutputMatrix | None = None
        self._tried = asyncio.Lock()
        self._trial_over = False

    async def score(self, prompts: Sequence[Tokens], alternatives: int) -> AsyncGenerator[list[PromptToken], None]:
        """Each prompt's tokens with their log probabilities, in order."""
        matrix = await self._checked_matrix()
        for group in self._groups(prompts, fast=matrix is not None):
            begun = await self._begun(matrix, group, alternatives) if matrix else [[] for _ in group]
            for tokens, scored in zip(group, begun, strict=True):
                yield await self._forced(tokens, scored, alternatives)

    def _groups(self, prompts: Sequence[Tokens], *, fast: bool) -> Iterator[list[Tokens]]:
        """Neighbouring prompts that are scored at once; each alone where they are generated."""
        most = min(GROUP_TOKENS, self._batch_tokens)
        group: list[Tokens] = []
        for tokens in prompts:
            if group and (not fast or sum(map(len, group)) + len(tokens) > most):
                yield group
                group = []
            group.append(tokens)
        if group:
            yield group

    async def _begun(self, matrix: OutputMatrix, group: list[Tokens], alternatives: int) -> list[list[PromptToken]]:
        """What of each prompt fits in the engine's batch."""
        prompts = [tokens[: self._batch_tokens] for tokens in group]
        states = await hidden_states(self._client, prompts)
        scored = await asyncio.to_thread(score_group, matrix, prompts, states, alternatives)
        return [self._render(tokens, scores) for tokens, scores in scored]

    async def _checked_matrix(self) -> OutputMatrix | None:
        """The output matrix, where this engine gives hidden states and the trial shows that both fit together."""
        async with self._tried:
            if not self._trial_over and self._arguments.pooling == "none":
                self._matrix = await self._trial()
            self._trial_over = True
        return self._matrix

    async def _trial(self) -> OutputMatrix | None:
        try:
            metadata = await asyncio.to_thread(Metadata.read, self._arguments.weights)
            matrix = await asyncio.to_thread(OutputMatrix, metadata)
        except (KeyError, NotImplementedError, ValueError, DamagedModel):
            return None
        tokens = tuple((await self._client.post("/tokenize", {"content": TRIAL}))["tokens"])
        body = {"prompt": tokens, "n_predict": 1, "n_probs": TRIAL_ALTERNATIVES, "temperature": 0}
        top = (await self._client.post("/completion", body))["completion_probabilities"][0]["top_logprobs"]
        [states] = await hidden_states(self._client, [tokens])
        if states.shape[1] != matrix.width:
            return None
        ids = np.array([token["id"] for token in top])
        expected = np.array([token["logprob"] for token in top])
        rows = np.broadcast_to(states[-1], (len(ids), matrix.width))
        distances = {}
        for step in last_steps(metadata):
            matrix.step = step
            found = await asyncio.to_thread(matrix.score, rows, ids, 0)
            distances[step] = float(np.abs(found.targets - expected).mean())
        matrix.step = min(distances, key=distances.__getitem__)
        return matrix if distances[matrix.step] <= TOLERANCE else None

    async def _forced(self, tokens: Tokens, scored: list[PromptToken], alternatives: int) -> list[PromptToken]:
        """The tokens behind those that are scored already, as the engine generates them when a grammar leaves it no
        choice.

        The engine stops at control tokens and says nothing about a part of a character: these are looked up in
        the whole distribution.
        """
        result = scored or [PromptToken(tokens[0], self._vocabulary.data(tokens[0]))]
        while len(result) < len(tokens):
            run = tuple(takewhile(self._vocabulary.is_text, tokens[len(result) :]))
            if run:
                generated = await self._generate(tokens[: len(result)], run, alternatives)
                for token in generated:
                    top = token["top_logprobs"][:alternatives]
                    result.append(self._prompt_token(token["id"], token["logprob"], top))
            else:
                result.append(await self._looked_up(tokens, len(result), alternatives))
        return result

    async def _generate(self, before: Tokens, run: Tokens, alternatives: int) -> list[dict[str, Any]]:
        literals = " ".join(f"<[{token}]>" for token in run)
        body = {
            "prompt": before,
            "n_predict": len(run),
            "grammar": f"root ::= {literals}",
            "n_probs": max(1, alternatives),
            "temperature": 0,
        }
        generated: list[dict[str, Any]] = (await self._client.post("/completion", body))["completion_probabilities"]
        if [token["id"] for token in generated] != list(run):
            raise EngineFailed("the engine did not keep to the text that it had to score")
        return generated

    async def _looked_up(self, tokens: Tokens, place: int, alternatives: int) -> PromptToken:
        body = {
            "prompt": tokens[:place],
            "n_predict": 1,
            "grammar": 'root ::= "a"',
            "n_probs": len(self._vocabulary),
            "temperature": 0,
        }
        answer = await self._client.post("/completion", body)
        every = answer["completion_probabilities"][0]["top_logprobs"]
        logprob = next(token["logprob"] for token in every if token["id"] == tokens[place])
        return self._prompt_token(tokens[place], logprob, every[:alternatives])

    def _prompt_token(self, token: int, logprob: float, top: list[dict[str, Any]]) -> PromptToken:
        others = tuple(self._logprob(other["id"], other["logprob"]) for other in top)
        return PromptToken(token, self._vocabulary.data(token), logprob, others)

    def _render(self, tokens: Tokens, scores: Scores) -> list[PromptToken]:
        first = PromptToken(tokens[0], self._vocabulary.data(tokens[0]))
        rows = zip(tokens[1:], scores.targets.tolist(), scores.top_ids.tolist(), scores.top.tolist(), strict=True)
        return [
            first,
            *(
                PromptToken(token, self._vocabulary.data(token), logprob, tuple(map(self._logprob, ids, values)))
                for token, logprob, ids, values in rows
            ),
        ]

    def _logprob(self, token: int, logprob: float) -> TokenLogprob:
        data = self._vocabulary.data(token)
        return TokenLogprob(token, data.decode(errors="replace"), data, logprob)


async def hidden_states(client: EngineClient, prompts: Sequence[Tokens]) -> list[Floats]:
    """The hidden states of each prompt's tokens: what the output matrix is applied to, (tokens, width)."""
    async with aclosing(client.arrays("/embedding", {"content": prompts})) as arrays:
        rows = iter([np.asarray(row, np.float32) async for row in arrays])
    return [np.stack(list(islice(rows, len(tokens)))) for tokens in prompts]


def score_group(
    matrix: OutputMatrix, prompts: list[Tokens], states: list[Floats], alternatives: int
) -> list[tuple[Tokens, Scores]]:
    """Score several prompts in one pass over the matrix. Each state foretells the next token."""
    targets = np.array([token for tokens in prompts for token in tokens[1:]], np.int64)
    scores = matrix.score(np.concatenate([rows[:-1] for rows in states]), targets, alternatives)
    result, start = [], 0
    for tokens in prompts:
        rows = slice(start, start + len(tokens) - 1)
        result.append((tokens, Scores(scores.targets[rows], scores.top_ids[rows], scores.top[rows])))
        start = rows.stop
    return result
