"""What an engine yields while it answers.

For each choice deltas and then one `Finished`; after all choices one `Done`. `index` is always the choice's.
"""

from dataclasses import dataclass, replace
from typing import Literal

FinishReason = Literal["stop", "length", "tool_calls"]


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """One token and the natural logarithm of its probability, with the likeliest tokens in its place (`top`).

    `data` is the token's bytes, which need not be whole characters; `token` is their text as far as it goes.
    """

    id: int
    token: str
    data: bytes
    logprob: float
    top: tuple["TokenLogprob", ...] = ()


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer's text, and its tokens where log probabilities were asked for."""

    index: int
    text: str
    logprobs: tuple[TokenLogprob, ...] = ()


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """A piece of what the model thinks before it answers."""

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class RefusalDelta:
    """A piece of the text in which a model says that it will not answer, in the place of an answer."""

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A piece of a tool call. `call` counts the choice's calls from 0; the first piece of each has its `id` and
    `name`, every piece some of the arguments' JSON."""

    index: int
    call: int
    arguments: str = ""
    id: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """A choice is complete: by its own end or a stop sequence (`stop`), by a token limit (`length`), or because
    the tools it called have to answer first (`tool_calls`). `sequence` is the stop sequence that ended it."""

    index: int
    reason: FinishReason
    sequence: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts of one request. `cached_tokens` of the prompt needed no evaluation, `reasoning_tokens` of the
    completion were thinking. `drafted_tokens` were guessed for it, and `accepted_tokens` of them were right."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    drafted_tokens: int = 0
    accepted_tokens: int = 0

    def with_more(self, other: "Usage") -> "Usage":
        """This, and what more was generated after the same prompt."""
        return replace(
            self,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            reasoning_tokens=self.reasoning_tokens + other.reasoning_tokens,
            drafted_tokens=self.drafted_tokens + other.drafted_tokens,
            accepted_tokens=self.accepted_tokens + other.accepted_tokens,
        )


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds spent on the prompt and on the completion, and those spent `waiting` for an engine before, loading
    included."""

    prompt: float = 0.0
    completion: float = 0.0
    waiting: float = 0.0


@dataclass(frozen=True, slots=True)
class Done:
    """The request is complete, every choice of it."""

    usage: Usage
    timings: Timings = Timings()

    def with_more(self, other: "Done") -> "Done":
        """This, and what more was generated after the same prompt."""
        spent, more = self.timings, other.timings
        timings = replace(spent, prompt=spent.prompt + more.prompt, completion=spent.completion + more.completion)
        return Done(self.usage.with_more(other.usage), timings)


Event = TextDelta | ReasoningDelta | RefusalDelta | ToolCallDelta | Finished | Done


@dataclass(frozen=True, slots=True)
class PromptBegun:
    """An engine has begun to read a prompt of so many tokens, of which `cached` need no evaluation."""

    tokens: int
    cached: int = 0


ChatEvent = Event | PromptBegun
"""What an engine yields for a chat. Inference yields the answer's events alone; its caller hears of the prompt."""
