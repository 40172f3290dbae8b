"""The tokens of generated text with their log probabilities.

llama-server's stream names a token by the text that it sends with it, which is not always the token's: it reports
nothing of a token after which the text ends in the middle of a character, and keeps back what may become a stop
sequence. So the ids are taken from the stream, the bytes from the model's file, and what is missing is asked for.
"""

from dataclasses import replace
from typing import Any

from puna.core.events import TokenLogprob
from puna.engines.process.client import EngineClient
from puna.formats.vocabulary import Vocabulary

CANDIDATES = 512
"""How many of the likeliest tokens are looked through first for one that was not reported; then all are."""
ONE_LETTER = "root ::= [a-z]"
"""A probe's own token has to be a whole character, or the probe would report nothing either. The probabilities are
those from before the grammar."""
Tokens = tuple[int, ...]
Item = tuple[int, TokenLogprob]
"""A reported token, and how many before it were not."""


def read_token(token: dict[str, Any], vocabulary: Vocabulary, top: int = 0) -> TokenLogprob:
    """A token as llama-server reports it, with the `top` likeliest in its place."""
    data = vocabulary.data(token["id"])
    likeliest = token["top_logprobs"][:top] if top else ()
    return TokenLogprob(
        token["id"],
        data.decode(errors="replace"),
        data,
        token["logprob"],
        tuple(read_token(other, vocabulary) for other in likeliest),
    )


class TokenReader:
    """Finds the tokens of each choice's text. A token that was not reported costs one more evaluation of a prompt
    that is mostly cached. `prompt` is what the engine was asked to go on with; one with pictures has no tokens that
    could be sent again, so there a character of several tokens is its last one."""

    def __init__(self, client: EngineClient, vocabulary: Vocabulary, prompt: Any, top: int) -> None:
        self._client = client
        self._vocabulary = vocabulary
        self._prompt = prompt
        self._top = top
        self._prompt_ids: dict[int, Tokens] = {}
        self._ids: dict[int, list[int]] = {}
        self._counts: dict[int, int] = {}
        self._kept: dict[int, list[Item]] = {}

    async def read(self, chunk: dict[str, Any], index: int, prompt: int) -> tuple[TokenLogprob, ...]:
        """The tokens of a chunk's text. `index` counts the choices, `prompt` the prompts."""
        if "completion_probabilities" not in chunk:
            return ()
        own = read_token(chunk["completion_probabilities"][0], self._vocabulary, self._top)
        lost = chunk["tokens_predicted"] - self._counts.get(index, 0) - 1
        self._counts[index] = chunk["tokens_predicted"]
        items = [*self._kept.pop(index, ()), (lost, own)]
        if not chunk["content"]:
            self._kept[index] = items
            return ()
        if len(items) == 1 and lost == 0:
            tokens: tuple[TokenLogprob, ...] = (own,)
        else:
            tokens = await self._resolved(index, prompt, items, chunk["content"].encode())
        self._ids.setdefault(index, []).extend(token.id for token in tokens)
        return tokens

    def rest(self, index: int) -> tuple[TokenLogprob, ...]:
        """Tokens whose text was kept back when a choice came to its end."""
        return tuple(own for _, own in self._kept.pop(index, ()))

    async def _resolved(self, index: int, prompt: int, items: list[Item], content: bytes) -> tuple[TokenLogprob, ...]:
        """The tokens of a text, those that were not reported among them."""
        missing_bytes = len(content) - sum(len(own.data) for _, own in items)
        result: list[TokenLogprob] = []
        for lost, own in items:
            if lost and isinstance(self._prompt, dict):
                own = replace(own, data=content, token=content.decode())
            elif lost:
                start = sum(len(token.data) for token in result)
                before = (*self._ids.get(index, ()), *(token.id for token in result))
                result += await self._found(prompt, before, content[start : start + missing_bytes], lost)
            result.append(own)
        return tuple(result)

    async def _found(self, prompt: int, before: Tokens, missing: bytes, count: int) -> list[TokenLogprob]:
        """That many tokens which make up the bytes; as many of them as can be found."""
        found: list[TokenLogprob] = []
        for remaining in range(count, 0, -1):
            token = await self._probed(prompt, (*before, *(token.id for token in found)), missing, remaining)
            if token is None:
                break
            found.append(token)
            missing = missing[len(token.data) :]
        return found

    async def _probed(self, prompt: int, before: Tokens, missing: bytes, remaining: int) -> TokenLogprob | None:
        """The likeliest token that begins the missing bytes and leaves one for each other lost token."""
        for size in (CANDIDATES, len(self._vocabulary)):
            tokens = await self._likeliest(prompt, before, size)
            for token in tokens:
                if fits(token.data, missing, remaining):
                    return replace(token, top=tuple(tokens[: self._top]))
        return None

    async def _likeliest(self, prompt: int, before: Tokens, size: int) -> list[TokenLogprob]:
        """The likeliest tokens after a prompt and those generated ones."""
        tokens = (*await self._tokens_of(prompt), *before)
        body = {"prompt": tokens, "n_predict": 1, "n_probs": size, "grammar": ONE_LETTER, "stream": False}
        answer = await self._client.post("/completion", body)
        return [
            read_token(token, self._vocabulary) for token in answer["completion_probabilities"][0]["top_logprobs"]
        ]

    async def _tokens_of(self, prompt: int) -> Tokens:
        if not isinstance(self._prompt, str):
            tokens: Tokens = self._prompt[prompt]
            return tokens
        if prompt not in self._prompt_ids:
            body = {"content": self._prompt, "add_special": True, "parse_special": True}
            self._prompt_ids[prompt] = tuple((await self._client.post("/tokenize", body))["tokens"])
        return self._prompt_ids[prompt]


def fits(data: bytes, missing: bytes, remaining: int) -> bool:
    """Whether a token can be the first of `remaining` tokens that make up the missing bytes."""
    if remaining == 1:
        return data == missing
    return bool(data) and missing.startswith(data) and len(missing) - len(data) >= remaining - 1
