"""Generated text as it comes: what chats and completions are made of."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from puna.core.events import Done, FinishReason, PromptBegun, TokenLogprob
from puna.engines.llama.completion.rounds import rounds
from puna.engines.llama.completion.tokens import TokenReader, Tokens
from puna.engines.llama.completion.totals import Totals
from puna.engines.process.client import EngineClient

FINISH_REASONS: dict[str, FinishReason] = {"eos": "stop", "word": "stop", "limit": "length"}
LAST_CHUNK = [
    "index",
    "content",
    "stop",
    "stop_type",
    "stopping_word",
    "tokens_predicted",
    "tokens_evaluated",
    "timings",
]
"""What is read of a choice's last chunk, which otherwise repeats the prompt and all settings."""

Prompts = str | dict[str, Any] | Sequence[Tokens]
"""One prompt as text, with or without pictures, or any number as tokens."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a choice's text with its tokens, where they are asked for. `count` says how many tokens the choice
    has so far."""

    index: int
    text: str
    tokens: tuple[TokenLogprob, ...]
    count: int


@dataclass(frozen=True, slots=True)
class End:
    """A choice is complete. `count` says how many tokens it has, `sequence` which stop sequence ended it."""

    index: int
    reason: FinishReason
    count: int
    sequence: str | None = None


class CompletionStream:
    """One request on its way through the engine.

    The engine makes at most `at_once` choices of a prompt at a time; more come in rounds. `counted` has it count in
    every chunk, so that a choice can be ended before its own end.
    """

    def __init__(
        self,
        client: EngineClient,
        prompts: Prompts,
        fields: dict[str, Any],
        *,
        choices: int,
        at_once: int,
        tokens: TokenReader | None = None,
        counted: bool = False,
    ) -> None:
        self._client = client
        self._body = {"stream": True, "response_fields": LAST_CHUNK, **fields}
        self._prompts = prompts if isinstance(prompts, (str, dict)) else [*prompts]
        self._choices = choices
        self._at_once = at_once
        self._tokens = tokens
        self._totals = Totals()
        self._ended: set[int] = set()
        self._last: dict[int, dict[str, Any]] = {}
        self._counted = counted
        if counted:
            self._body["timings_per_token"] = True

    async def pieces(self) -> AsyncGenerator[Piece | End | PromptBegun, None]:
        """The text of all choices. Choice j of prompt i has the index `i * choices + j`.

        Raises ConnectionError where the engine broke off.
        """
        told = False
        for first, count, together, body in self._rounds():
            wanted = len(self._ended) + count * together
            async with aclosing(self._client.stream("/completion", body)) as chunks:
                async for chunk in chunks:
                    if progress := chunk.get("prompt_progress"):
                        if not told:
                            told = True
                            yield PromptBegun(progress["total"], progress["cache"])
                        continue
                    prompt, choice = divmod(chunk["index"], together)
                    index = first + prompt * self._choices + choice
                    if index in self._ended:
                        continue
                    for piece in await self._read(chunk, index):
                        yield piece
                        if index in self._ended:
                            break
                    if len(self._ended) == wanted:
                        break  # closing the stream ends what the engine still generates
            if len(self._ended) < wanted:
                raise ConnectionError("the stream ended before the answer did")
            self._totals.next_round()

    def _rounds(self) -> Iterator[tuple[int, int, int, dict[str, Any]]]:
        """For each request to the engine: the index of its first choice, how many prompts it has, how many choices of
        each, and its body.

        The engine answers prompts side by side, in batches whose shape depends on what ran before. Those that have a
        seed are answered one after the other, where anything is left to chance.
        """
        prompts = self._prompts
        several = len(prompts) if isinstance(prompts, list) else 1
        at_once = 1 if "seed" in self._body and self._body.get("temperature") != 0 else several
        for start in range(0, several, at_once):
            asked = prompts[start : start + at_once] if isinstance(prompts, list) else prompts
            body = self._body | {"prompt": asked}
            for first, together, one in rounds(self._client, body, self._choices, self._at_once, field="n_cmpl"):
                yield start * self._choices + first, at_once, together, one

    def finish(self, index: int, *, reasoning: int = 0) -> None:
        """A choice is complete: it came to its end, or nothing more of it is wanted. `reasoning` of its tokens were
        thinking."""
        chunk = self._last.pop(index)
        self._ended.add(index)
        self._totals.add(
            chunk["timings"],
            prompt=chunk["tokens_evaluated"],
            completion=chunk["tokens_predicted"],
            cached=chunk["timings"].get("cache_n", 0),
            reasoning=reasoning,
            of=index // self._choices,
        )

    def done(self) -> Done:
        """What all of it cost."""
        return self._totals.done()

    async def _read(self, chunk: dict[str, Any], index: int) -> Sequence[Piece | End]:
        if chunk["stop"]:
            self._last[index] = chunk
            return self._ending(chunk, index)
        if self._counted:
            self._last[index] = chunk
        tokens = await self._tokens.read(chunk, index, index // self._choices) if self._tokens else ()
        return [Piece(index, chunk["content"], tokens, chunk["tokens_predicted"])] if chunk["content"] else ()

    def _ending(self, chunk: dict[str, Any], index: int) -> list[Piece | End]:
        """A choice's last chunk. Tokens whose text was kept back belong to a stop sequence, or a limit came first."""
        reason = FINISH_REASONS[chunk["stop_type"]]
        end = End(index, reason, chunk["tokens_predicted"], chunk.get("stopping_word") or None)
        rest = self._tokens.rest(index) if self._tokens else ()
        if chunk["content"] or (rest and end.reason == "length"):
            return [Piece(index, chunk["content"], rest, end.count), end]
        return [end]
