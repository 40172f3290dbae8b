"""Chat as a completion of the rendered prompt, where the answer needs a grammar of Puna's or its exact tokens.

The template renders the prompt, the grammar gives the answer its form, and Puna itself tells thinking, text and
calls apart.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from puna.core.events import Event, Finished, ReasoningDelta, TextDelta, TokenLogprob
from puna.core.requests import ChatRequest
from puna.core.sampling import Sampling
from puna.engines.llama.chat.calls import CallReader
from puna.engines.llama.chat.effort import effort_body
from puna.engines.llama.chat.messages import media, messages_body, tools_body
from puna.engines.llama.chat.stops import StopFinder
from puna.engines.llama.chat.thinking import ThinkingSplitter
from puna.engines.llama.chat.tool_prompt import with_tools
from puna.engines.llama.chat.totals import Totals
from puna.engines.llama.chat.traits import Traits, render
from puna.engines.llama.completion.exact_tokens import ExactTokens, ReportedTokens
from puna.engines.llama.grammar.constraint import chat_constraint
from puna.engines.llama.markup import PUNA_SHAPE, CallShape, ThinkingTags
from puna.engines.llama.sampling import sampling_body
from puna.engines.process.client import EngineClient


async def prompted_chat(
    client: EngineClient, traits: Traits, context_length: int, request: ChatRequest
) -> AsyncGenerator[Event, None]:
    """Answer; the events of all choices as they come, then `Done`.

    Raises:
        UnsupportedSchema: no grammar can make sure of a schema.
        ConnectionError: the engine broke off.
    """
    shape = traits.call_shape or PUNA_SHAPE
    prompt = await render_prompt(client, request, traits, shape)
    thinking = ThinkingState.of(prompt, request, traits)
    sampling, stops = sampling_of(request, thinking)
    body = completion_body(request, prompt + thinking.closing, counted=bool(stops))
    body |= await chat_constraint(request, shape, thinking.tags, begun=thinking.begun)
    body["preserved_tokens"] = preserved(thinking, shape if request.tools else None)
    body |= sampling_body(sampling, context_length)
    reader = CompletionReader(request, thinking, shape if request.tools else None, stops)
    tokens = token_reader(client, request, body["prompt"], traits)
    async with aclosing(client.stream("/completion", body)) as chunks:
        async for chunk in chunks:
            if tokens is not None and not reader.finished(chunk["index"]):
                reader.add(chunk["index"], await tokens.read(chunk))
            for event in reader.read(chunk):
                yield event
            if stops and not reader.unfinished(request.choices):
                break  # closing the stream ends what the engine still generates
    if reader.unfinished(request.choices):
        raise ConnectionError("the stream ended before the answer did")
    yield reader.totals.done()


def token_reader(
    client: EngineClient, request: ChatRequest, prompt: str | dict[str, Any], traits: Traits
) -> ExactTokens | ReportedTokens | None:
    """What reads the tokens of the answer's text, where they are asked for. A prompt with pictures has no tokens that
    could be sent again, so no character there is taken apart."""
    if request.logprobs is None:
        return None
    if isinstance(prompt, str):
        return ExactTokens(client, prompt, traits.vocabulary, request.logprobs)
    return ReportedTokens(request.logprobs)


async def render_prompt(client: EngineClient, request: ChatRequest, traits: Traits, shape: CallShape) -> str:
    """The prompt, with the tools in the template's words or, where it has none that can be read back, in Puna's."""
    body = effort_body(request.effort, traits)
    if not traits.tools or (request.tools and not traits.call_shape):
        return await render(
            client, body | {"messages": messages_body(with_tools(request.messages, request.tools, shape))}
        )
    if request.tools:
        body |= {"tools": tools_body(request.tools), "parallel_tool_calls": request.parallel_tool_calls}
    return await render(client, body | {"messages": messages_body(request.messages)})


class ThinkingState:
    """Where the prompt leaves the thinking: `tags` None if there is none to come, `begun` if the prompt opened it.
    `closing` ends a thinking that the prompt opened although it is not wanted."""

    def __init__(self, tags: ThinkingTags | None, *, begun: bool = False, closing: str = "") -> None:
        self.tags = tags
        self.begun = begun
        self.closing = closing

    @classmethod
    def of(cls, prompt: str, request: ChatRequest, traits: Traits) -> "ThinkingState":
        tags = traits.thinking
        continued = request.messages[-1].role == "assistant"
        if tags is None or continued or prompt.rstrip().endswith(tags.end):
            return cls(None)
        begun = prompt.rstrip().endswith(tags.start)
        if request.effort == "none":
            return cls(None, closing=f"\n{tags.end}\n\n" if begun else "")
        return cls(tags, begun=begun)


def sampling_of(request: ChatRequest, thinking: ThinkingState) -> tuple[Sampling, tuple[str, ...]]:
    """The sampling for the engine, and the stop sequences that are left for Puna to look for. They are about text:
    not about thinking, nor about a call, which has to be whole."""
    sampling = request.sampling
    if request.tool_choice.mode == "required" and request.tools:
        return replace(sampling, stop=()), ()
    if sampling.stop and (thinking.tags or request.tools):
        return replace(sampling, stop=()), sampling.stop
    return sampling, ()


def completion_body(request: ChatRequest, prompt: str, *, counted: bool) -> dict[str, Any]:
    """The request's body but for the sampling and what gives the answer its form. Where Puna itself may end the
    answer, every chunk has to be `counted`."""
    files = media(request.messages)
    body: dict[str, Any] = {
        "prompt": {"prompt_string": prompt, "multimodal_data": files} if files else prompt,
        "stream": True,
        "timings_per_token": counted,
    }
    if request.choices > 1:
        body["n_cmpl"] = request.choices
    if request.logprobs is not None:
        body["n_probs"] = max(1, request.logprobs)
    return body


def preserved(thinking: ThinkingState, shape: CallShape | None) -> list[str]:
    """The tags that are single tokens in many vocabularies and would otherwise be left out of the text."""
    tags = [thinking.tags.start, thinking.tags.end] if thinking.tags else []
    return [*tags, *shape.tags] if shape else tags


class CompletionReader:
    """Reads llama-server's completion chunks: one for each token whose text is whole, and a last one a choice."""

    def __init__(
        self, request: ChatRequest, thinking: ThinkingState, shape: CallShape | None, stops: tuple[str, ...] = ()
    ) -> None:
        self.totals = Totals()
        self._finished = 0
        self._choices = [ChoiceReader(index, thinking, shape, stops) for index in range(request.choices)]

    def unfinished(self, choices: int) -> bool:
        return self._finished < choices

    def finished(self, index: int) -> bool:
        """Whether that choice has its end, whatever the engine still says of it."""
        return self._choices[index].finished

    def add(self, index: int, tokens: tuple[TokenLogprob, ...]) -> None:
        """The tokens of the text that comes next."""
        self._choices[index].add(tokens)

    def read(self, chunk: dict[str, Any]) -> Sequence[Event]:
        choice = self._choices[chunk["index"]]
        if choice.finished:
            return ()
        text = chunk["content"]
        events = choice.feed(text, chunk["tokens_predicted"]) if text else []
        if chunk["stop"] and not choice.finished:
            events += choice.close(chunk["stop_type"])
        if choice.finished:
            self._finished += 1
            self._count(chunk, choice)
        return events

    def _count(self, chunk: dict[str, Any], choice: "ChoiceReader") -> None:
        timings = chunk["timings"]
        self.totals.add(
            prompt=chunk["tokens_evaluated"],
            completion=chunk["tokens_predicted"],
            cached=timings.get("cache_n", 0),
            reasoning=choice.thought_tokens,
            timings=timings,
        )


class ChoiceReader:
    """One choice's text, told apart. `thought_tokens` counts the tokens up to the end of the thinking, `finished`
    says that nothing comes any more."""

    def __init__(
        self, index: int, thinking: ThinkingState, shape: CallShape | None, stops: tuple[str, ...] = ()
    ) -> None:
        self.thought_tokens = 0
        self.finished = False
        self._index = index
        self._splitter = ThinkingSplitter(thinking.tags, begun=thinking.begun) if thinking.tags else None
        self._calls = CallReader(index, shape) if shape else None
        self._stops = StopFinder(index, stops) if stops else None
        self._logprobs: tuple[TokenLogprob, ...] = ()

    def add(self, logprobs: tuple[TokenLogprob, ...]) -> None:
        """Tokens whose text comes with the next piece or a later one."""
        self._logprobs += logprobs

    def feed(self, text: str, tokens: int) -> list[Event]:
        events = self._split(text, tokens) if self._splitter else self._answer(text)
        return self._until_stop(events) if self._stops else events

    def close(self, stop: str) -> list[Event]:
        """What was kept back, and the end. `stop` is llama-server's word for what ended the choice."""
        events: list[Event] = []
        if self._splitter:
            thought, text = self._splitter.close()
            events += [ReasoningDelta(self._index, thought)] if thought else self._answer(text)
        if self._calls:
            events += self._with_logprobs(self._calls.close())
        called = self._calls is not None and self._calls.calls > 0
        events.append(Finished(self._index, "length" if stop == "limit" else "tool_calls" if called else "stop"))
        if self._stops:
            events = self._until_stop(events)
        self.finished = True
        return events

    def _split(self, text: str, tokens: int) -> list[Event]:
        """What the thinking splitter makes of it."""
        assert self._splitter
        thought, text = self._splitter.feed(text)
        if self._splitter.answering:
            self._splitter = None
        if text:
            self._logprobs = ending(self._logprobs, len(text.encode()))
        elif thought:
            self._logprobs = ()
        if not thought:
            return self._answer(text)
        self.thought_tokens = tokens
        return [ReasoningDelta(self._index, thought), *self._answer(text)]

    def _answer(self, text: str) -> list[Event]:
        if not text:
            return []
        events: list[Event] = self._calls.feed(text) if self._calls else [TextDelta(self._index, text)]
        return self._with_logprobs(events) if self._logprobs else events

    def _with_logprobs(self, events: list[Event]) -> list[Event]:
        """The tokens go with the first of the events, if it is text."""
        if events and isinstance(events[0], TextDelta):
            events[0] = replace(events[0], logprobs=self._logprobs)
        if events:
            self._logprobs = ()
        return events

    def _until_stop(self, events: list[Event]) -> list[Event]:
        """The events up to a stop sequence in their text."""
        assert self._stops
        result: list[Event] = []
        for event in events:
            if isinstance(event, TextDelta):
                result += self._stops.feed(event)
                if self._stops.found:
                    self.finished = True
                    return [*result, Finished(self._index, "stop")]
            else:
                result += [*self._stops.close(), event]
        return result


def ending(tokens: tuple[TokenLogprob, ...], size: int) -> tuple[TokenLogprob, ...]:
    """The last tokens, as many as it takes for so many bytes: those before them were of the thinking and its tags."""
    for place in range(len(tokens) - 1, -1, -1):
        if size <= 0:
            return tokens[place + 1 :]
        size -= len(tokens[place].data)
    return tokens
