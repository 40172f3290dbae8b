"""Completions by one server."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from time import monotonic
from typing import Any

from puna.core.completions import CompletionEvent, CompletionRequest, PromptRead
from puna.core.errors import InvalidRequest, NotHeld
from puna.core.events import Finished, TextDelta, TokenLogprob
from puna.core.formats import FreeText, JsonObject, JsonSchema
from puna.core.subjects import PromptAt, Setting
from puna.engines.remote.chat_body import form_body
from puna.engines.remote.chunks import REASONS, read_logprobs
from puna.engines.remote.discovery import Traits
from puna.engines.remote.sampling import sampling_body, unknown
from puna.engines.remote.upstream import Upstream
from puna.engines.remote.usage import Totals


async def complete(upstream: Upstream, request: CompletionRequest) -> AsyncGenerator[CompletionEvent, None]:
    """The prompts, the events of all choices, then `Done`. Raises as `Upstream.asked` does."""
    begun = monotonic()
    traits = await upstream.traits()
    body = completion_body(request, upstream.address.model, traits)
    for index, prompt in enumerate(request.prompts):
        yield PromptRead(index, prompt if isinstance(prompt, str) else "", 0)
    totals = Totals()
    for first, expected, part in parts(request, traits):
        reader = CompletionReader(first, each=traits.server.usage_of_each)
        async with aclosing(upstream.stream("/completions", body | part)) as chunks:
            async for chunk in chunks:
                for event in reader.read(chunk):
                    yield event
        if len(reader.finished) < expected:
            raise ConnectionError("the stream ended before the answer did")
        reader.totals.count(reader.pieces)
        totals.add(reader.totals)
    yield totals.done(monotonic() - begun)


def completion_body(request: CompletionRequest, model: str, traits: Traits) -> dict[str, Any]:
    """The body, without prompts and the number of choices.

    Raises InvalidRequest for what the server would pass over, NotHeld where the answer has to be checked.
    """
    server = traits.server
    sampling = sampling_body(request.sampling, server)
    if "max_completion_tokens" in sampling:
        sampling["max_tokens"] = sampling.pop("max_completion_tokens")
    body = {"model": model, **sampling, "stream": True, "stream_options": {"include_usage": True}}
    if request.suffix is not None:
        if not server.fills_in:
            raise unknown("suffix", server)
        body["suffix"] = request.suffix
    if request.logprobs is not None:
        body["logprobs"] = request.logprobs
    if not isinstance(request.format, FreeText):
        if not server.forms_completions:
            raise unknown("response_format", server)
        if isinstance(request.format, JsonSchema | JsonObject) and not (server.holds_schemas or request.checked):
            raise NotHeld(("schema",))
        body |= form_body(request.format, server)
    if request.sampling.max_tokens == 0:
        raise InvalidRequest("The server of this model generates at least one token.", about=Setting("max_tokens"))
    return body


def parts(request: CompletionRequest, traits: Traits) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """What is asked for in each request, with the index of its first choice and how many it has."""
    prompts = [prompt if isinstance(prompt, str) else list(prompt) for prompt in request.prompts]
    if traits.server.several_prompts:
        several = {"n": request.choices} if request.choices > 1 else {}
        yield 0, len(prompts) * request.choices, {"prompt": prompts, **several}
        return
    for place, prompt in enumerate(prompts):
        if not isinstance(prompt, str):
            raise InvalidRequest("The server of this model accepts text only, not tokens.", about=PromptAt(place))
        for choice in range(request.choices):
            yield place * request.choices + choice, 1, {"prompt": prompt}


class CompletionReader:
    """Reads one answer's chunks."""

    def __init__(self, first: int, *, each: bool) -> None:
        self.totals = Totals(each=each)
        self.finished: set[int] = set()
        self.pieces = 0
        self._first = first

    def read(self, chunk: dict[str, Any]) -> Iterator[TextDelta | Finished]:
        """The events of a chunk."""
        for row in chunk.get("choices") or ():
            index = self._first + (row.get("index") or 0)
            if text := row.get("text"):
                self.pieces += 1
                yield TextDelta(index, text, read_tokens(row.get("logprobs")))
            if (reason := row.get("finish_reason")) and index not in self.finished:
                self.finished.add(index)
                stop = row.get("stop_reason")
                yield Finished(index, REASONS.get(reason, "stop"), stop if isinstance(stop, str) else None)
        if usage := chunk.get("usage"):
            self.totals.tell(usage)


def read_tokens(logprobs: dict[str, Any] | None) -> tuple[TokenLogprob, ...]:
    """The tokens of a piece: OpenAI's older form, or the newer one, which llama-server has here as well."""
    if not logprobs:
        return ()
    if "content" in logprobs:
        return read_logprobs(logprobs)
    tops = logprobs.get("top_logprobs") or [{}] * len(logprobs["tokens"])
    return tuple(
        token_of(text, logprob, tuple(token_of(*other) for other in (top or {}).items()))
        for text, logprob, top in zip(logprobs["tokens"], logprobs["token_logprobs"], tops, strict=False)
    )


def token_of(text: str, logprob: float | None, top: tuple[TokenLogprob, ...] = ()) -> TokenLogprob:
    """A token from its text; part of a character is written out as `bytes:\\xe2\\x80`."""
    return TokenLogprob(-1, text, bytes_of(text), 0.0 if logprob is None else logprob, top)


def bytes_of(text: str) -> bytes:
    """What a token's text stands for."""
    if text.startswith("bytes:"):
        return bytes(int(digits, 16) for digits in text.removeprefix("bytes:").split("\\x")[1:])
    return text.encode()
