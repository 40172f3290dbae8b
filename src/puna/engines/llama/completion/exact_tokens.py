"""The exact tokens of an answer, where llama-server's stream does not tell them.

It reports nothing of a token after which the text ends in the middle of a character, and gives the token that
completes the text all of the text that was kept back until then as its own.
"""

from dataclasses import replace
from typing import Any

from puna.core.events import TokenLogprob
from puna.engines.llama.completion.logprobs import read_logprobs, read_token
from puna.engines.process.client import EngineClient

CANDIDATES = 512
"""How many of the likeliest tokens are looked through first; then all."""
ONE_LETTER = "root ::= [a-z]"
"""A probe's own token has to be a whole character, or the probe would tell nothing either. The probabilities are
those from before the grammar."""
Item = tuple[int, TokenLogprob]
"""A reported token, and how many before it were not."""


class ReportedTokens:
    """The tokens as the stream tells them: a character of several tokens is its last one."""

    def __init__(self, top: int) -> None:
        self._top = top

    async def read(self, chunk: dict[str, Any]) -> tuple[TokenLogprob, ...]:
        """The tokens whose text comes in this chunk or a later one."""
        if chunk["stop"]:
            return ()
        return read_logprobs(chunk.get("completion_probabilities", ()), self._top)


class ExactTokens:
    """Finds what is missing: the text tells the bytes, and the engine is asked again for the probabilities in that
    place. Each such token costs one more evaluation of a prompt that is mostly cached."""

    def __init__(self, client: EngineClient, prompt: str, vocabulary: int, top: int) -> None:
        self._client = client
        self._prompt = prompt
        self._vocabulary = vocabulary
        self._top = top
        self._prompt_ids: list[int] = []
        self._pieces: dict[int, bytes] = {}
        self._ids: dict[int, list[int]] = {}
        self._counts: dict[int, int] = {}
        self._kept: dict[int, list[Item]] = {}

    async def read(self, chunk: dict[str, Any]) -> tuple[TokenLogprob, ...]:
        """The tokens whose text a chunk has."""
        index = chunk["index"]
        if "completion_probabilities" not in chunk or chunk["stop"]:
            return ()
        [own] = read_logprobs(chunk["completion_probabilities"], self._top)
        lost = chunk["tokens_predicted"] - self._counts.get(index, 0) - 1
        self._counts[index] = chunk["tokens_predicted"]
        items = [*self._kept.pop(index, ()), (lost, own)]
        if not chunk["content"]:
            self._kept[index] = items
            return ()
        tokens = (own,) if len(items) == 1 and lost == 0 else await self._resolve(index, items, chunk["content"])
        self._ids.setdefault(index, []).extend(token.id for token in tokens)
        return tokens

    async def _resolve(self, index: int, items: list[Item], content: str) -> tuple[TokenLogprob, ...]:
        """The tokens of a text, those that were not reported among them."""
        owns = [replace(own, data=await self._piece(own.id)) for _, own in items]
        missing_bytes = len(content.encode()) - sum(len(own.data) for own in owns)
        result: list[TokenLogprob] = []
        for (lost, _), own in zip(items, owns, strict=True):
            if lost:
                start = sum(len(token.data) for token in result)
                missing = content.encode()[start : start + missing_bytes]
                result += await self._find(
                    [*self._ids.get(index, ()), *(token.id for token in result)], missing, lost
                )
            result.append(own)
        return tuple(result)

    async def _find(self, before: list[int], missing: bytes, count: int) -> list[TokenLogprob]:
        """That many tokens which make up the bytes; as many of them as can be found."""
        found: list[TokenLogprob] = []
        for remaining in range(count, 0, -1):
            token = await self._probe([*before, *(token.id for token in found)], missing, remaining)
            if token is None:
                break
            found.append(token)
            missing = missing[len(token.data) :]
        return found

    async def _probe(self, before: list[int], missing: bytes, remaining: int) -> TokenLogprob | None:
        """The likeliest token that begins the missing bytes and leaves one for each other lost token."""
        for size in (CANDIDATES, self._vocabulary):
            tokens = await self._likeliest(before, size)
            for token in tokens:
                if fits(token.data, missing, remaining):
                    return replace(token, top=tuple(tokens[: self._top]))
        return None

    async def _likeliest(self, before: list[int], size: int) -> list[TokenLogprob]:
        """The likeliest tokens after the prompt and those generated ones."""
        if not self._prompt_ids:
            body = {"content": self._prompt, "add_special": True, "parse_special": True}
            self._prompt_ids = (await self._client.post("/tokenize", body))["tokens"]
        prompt = [*self._prompt_ids, *before]
        body = {"prompt": prompt, "n_predict": 1, "n_probs": size, "grammar": ONE_LETTER, "stream": False}
        answer = await self._client.post("/completion", body)
        tokens = [read_token(token) for token in answer["completion_probabilities"][0]["top_logprobs"]]
        self._pieces |= {token.id: token.data for token in tokens}
        return tokens

    async def _piece(self, token: int) -> bytes:
        """A token's bytes."""
        if token not in self._pieces:
            await self._likeliest([], self._vocabulary)
        return self._pieces[token]


def fits(data: bytes, missing: bytes, remaining: int) -> bool:
    """Whether a token can be the first of `remaining` tokens that make up the missing bytes."""
    if remaining == 1:
        return data == missing
    return bool(data) and missing.startswith(data) and len(missing) - len(data) >= remaining - 1
