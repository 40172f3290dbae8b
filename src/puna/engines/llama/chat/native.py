"""Chat the template's own way: llama-server's chat route renders the prompt and parses thinking and calls.

Its parser refuses what does not fit the template's form, be it in the middle of an answer. What the model said is the
answer all the same: then it is made again with the same seed, and no calls are read in it.
"""

import secrets
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from puna.core.errors import ContextLengthExceeded, EngineFailed, EngineLost, InvalidRequest
from puna.core.events import Done, Event, Finished, PromptBegun, ReasoningDelta, TextDelta, ToolCallDelta
from puna.core.requests import ChatRequest
from puna.engines.llama.chat.conversation import Conversation
from puna.engines.llama.chat.filters import StopFilter
from puna.engines.llama.chat.offered import new_call_id
from puna.engines.llama.chat.rendered import RenderedChat
from puna.engines.llama.chat.template import template_body
from puna.engines.llama.completion.rounds import rounds
from puna.engines.llama.completion.tokens import read_token
from puna.engines.llama.completion.totals import Totals
from puna.engines.llama.sampling import RANDOM_SEED, sampling_body
from puna.formats.vocabulary import Vocabulary


class NativeChat:
    """One request on its way."""

    def __init__(self, conversation: Conversation, request: ChatRequest) -> None:
        self._conversation = conversation
        seed = request.sampling.seed if request.sampling.seed is not None else secrets.randbelow(RANDOM_SEED)
        self._request = replace(request, sampling=replace(request.sampling, seed=seed))

    async def prompt(self) -> str:
        """The prompt, which the engine renders for itself when it answers."""
        return await RenderedChat(self._conversation, self._request, raw=True).prompt()

    async def events(self) -> AsyncGenerator[Event, None]:
        """The events of all choices as they come, then `Done`. Raises `ConnectionError` if it breaks off."""
        sent: dict[int, list[str]] = {}
        called: dict[int, bool] = {}
        try:
            async with aclosing(self._stopped()) as parsed:
                async for event in parsed:
                    if isinstance(event, TextDelta):
                        sent.setdefault(event.index, []).append(event.text)
                    elif isinstance(event, ToolCallDelta | Finished):
                        called[event.index] = isinstance(event, ToolCallDelta)
                    yield event
            return
        except (InvalidRequest, EngineFailed) as error:
            if isinstance(error, EngineLost | ContextLengthExceeded):
                raise
        async with aclosing(RenderedChat(self._conversation, self._request, raw=True).events()) as events:
            async for again in events:
                if not isinstance(again, PromptBegun):  # it was read before
                    for rest in unsent(again, sent, called):
                        yield rest

    async def _stopped(self) -> AsyncGenerator[Event, None]:
        """The answer with stop sequences looked for in its text: the engine would look for them in calls, too."""
        stops = self._request.sampling.stop or ()
        filters = [StopFilter(index, stops) for index in range(self._request.choices)]
        found: set[int] = set()
        async with aclosing(self._parsed()) as parsed:
            async for event in parsed:
                if isinstance(event, Done) or not stops:
                    yield event
                    continue
                if event.index in found:
                    continue
                stage = filters[event.index]
                for each in stage.feed(event) if isinstance(event, TextDelta) else stage.passing(event):
                    yield each
                if stage.found:
                    found.add(event.index)
                    yield Finished(event.index, "stop", stage.found)

    async def _parsed(self) -> AsyncGenerator[Event, None]:
        request, conversation = self._request, self._conversation
        vocabulary = None if request.logprobs is None else await conversation.vocabulary()
        reader = ChatReader(vocabulary, request.logprobs or 0, several=request.parallel_tool_calls)
        for first, together, body in rounds(
            conversation.client, self._body(), request.choices, conversation.sequences, field="n"
        ):
            async with aclosing(conversation.client.stream("/v1/chat/completions", body)) as chunks:
                async for chunk in chunks:
                    for event in reader.read(chunk):
                        yield replace(event, index=event.index + first) if first else event
            if reader.finished < first + together:
                raise ConnectionError("the stream ended before the answer did")
            reader.totals.next_round()
        yield reader.totals.done()

    def _body(self) -> dict[str, Any]:
        request, traits = self._request, self._conversation.traits
        body: dict[str, Any] = {
            **template_body(request, traits),
            **sampling_body(replace(request.sampling, stop=()), self._conversation.context_length),
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if request.logprobs is not None:
            body["n_probs"] = max(1, request.logprobs)
        if request.thinking_tokens is not None:
            body["thinking_budget_tokens"] = request.thinking_tokens
        if traits.thinking and request.effort != "none":
            body["timings_per_token"] = True  # the only place where a chunk tells how many tokens there are
        return body


def unsent(event: Event, sent: dict[int, list[str]], called: dict[int, bool]) -> Iterator[Event]:
    """What of an answer that was made again the client does not have. `called` has the choices of which calls, or the
    end (False), were sent: of these nothing but the end is missing."""
    if isinstance(event, Done):
        yield event
    elif event.index in called:
        if isinstance(event, Finished) and called[event.index]:
            yield Finished(event.index, "tool_calls")
    elif isinstance(event, TextDelta):
        before = "".join(sent.pop(event.index, []))
        if len(before) > len(event.text):
            sent[event.index] = [before[len(event.text) :]]
        elif event.text[len(before) :]:
            yield replace(event, text=event.text[len(before) :])
    elif not (isinstance(event, ReasoningDelta) and event.index in sent):
        yield event


class ChatReader:
    """Reads llama-server's chunks. One choice's chunks say what it cost at their end; `finished` counts those. Where
    `several` calls are not wanted, only the first is read: the engine passes over that wish."""

    def __init__(self, vocabulary: Vocabulary | None = None, top: int = 0, *, several: bool = True) -> None:
        self.totals = Totals()
        self.finished = 0
        self._vocabulary = vocabulary
        self._top = top
        self._several = several
        self._thought: dict[int, int] = {}

    def read(self, chunk: dict[str, Any]) -> Iterator[TextDelta | ReasoningDelta | ToolCallDelta | Finished]:
        for choice in chunk["choices"]:
            index, delta = choice["index"], choice["delta"]
            if text := delta.get("content"):
                yield self._text(index, text, choice.get("logprobs"))
            elif thought := delta.get("reasoning_content"):
                self._count_thought(index, chunk.get("timings"))
                yield ReasoningDelta(index, thought)
            elif calls := delta.get("tool_calls"):
                for call in calls:
                    if self._several or call["index"] == 0:
                        yield read_call(index, call)
            if reason := choice["finish_reason"]:
                self._last = index
                yield Finished(index, reason)
        if usage := chunk.get("usage"):
            self._finish(usage, chunk.get("timings") or {})

    def _text(self, index: int, text: str, logprobs: dict[str, Any] | None) -> TextDelta:
        if not (self._vocabulary and logprobs):
            return TextDelta(index, text)
        tokens = (read_token(token, self._vocabulary, self._top) for token in logprobs["content"])
        return TextDelta(index, text, tuple(tokens))

    def _count_thought(self, index: int, timings: dict[str, Any] | None) -> None:
        self._thought[index] = timings["predicted_n"] if timings else self._thought.get(index, 0) + 1

    def _finish(self, usage: dict[str, Any], timings: dict[str, Any]) -> None:
        details = usage.get("prompt_tokens_details") or {}
        self.finished += 1
        self.totals.add(
            timings,
            prompt=usage["prompt_tokens"],
            completion=usage["completion_tokens"],
            cached=details.get("cached_tokens", 0),
            reasoning=self._thought.pop(self._last, 0),
        )


def read_call(index: int, call: dict[str, Any]) -> ToolCallDelta:
    """A piece of a call; the first one has the name and gets an id."""
    function = call.get("function", {})
    name = function.get("name")
    return ToolCallDelta(
        index,
        call["index"],
        function.get("arguments", ""),
        new_call_id() if name else None,
        name,
    )
